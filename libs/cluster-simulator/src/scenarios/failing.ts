import type { Fields } from '../api/kube-object.js';
import { app, container, pod, type Manifest, type Scenario } from './scenario.js';

const limited = { resources: { limits: { memory: '20Mi' } } };

/** Killed by its own signal only if it is not number 1, so the pod shares its processes. */
const neverRun = (name: string, command: string): Manifest =>
  pod(name, {
    restartPolicy: 'Never',
    shareProcessNamespace: true,
    initContainers: [container('check', command)],
    containers: [app],
  });

const fromLog = { terminationMessagePolicy: 'FallbackToLogsOnError' };

const says = (name: string, command: string, rest: Fields = {}): Manifest =>
  pod(name, { restartPolicy: 'Never', initContainers: [container('say', command, rest)], containers: [app] });

/** Init containers that fail. */
export const failing: readonly Scenario[] = [
  {
    name: 'oom',
    about:
      'Init containers need more memory than they may have; of one only a child is killed, and it says that all went well.',
    coursesOf: {
      '1.34': { hungry: { containers: { load: { wokenAfter: [1], everyMs: { 3: 13_800, 4: 12_500 } } } } },
      '1.33': {
        'hungry-child': { containers: { load: { startsHushed: [2], everyMs: { 3: 11_500, 4: 13_000 } } } },
        hungry: { containers: { load: { startsHushed: [2], everyMs: { 3: 12_500, 4: 13_500 } } } },
      },
    },
    lasts: 70,
    begin: [
      pod('hungry', {
        initContainers: [container('load', 'sleep 1; exec tail /dev/zero', limited)],
        containers: [app],
      }),
      pod('hungry-child', {
        initContainers: [container('load', 'sleep 1; tail /dev/zero; exit 0', limited)],
        containers: [app],
      }),
    ],
    courses: { hungry: { containers: { load: { hushedBefore: [2] } } } },
  },
  {
    name: 'second-fails',
    about: 'The second of three init containers always fails: it crash-loops, and the third never runs.',
    coursesOf: {
      '1.34': { stuck: { containers: { migrate: { everyMs: { 3: 13_800, 4: 12_300 } } } } },
      '1.33': { stuck: { containers: { migrate: { everyMs: { 3: 14_400, 4: 13_500 } } } } },
    },
    lasts: 180,
    begin: [
      pod('stuck', {
        initContainers: [
          container('prepare', ['sleep', '1']),
          container('migrate', 'sleep 2; echo "no such table"; exit 3'),
          container('warm-up', ['sleep', '1']),
        ],
        containers: [app],
      }),
    ],
    courses: { stuck: { sandboxHushed: [1] } },
  },
  {
    name: 'fast-fail-loop',
    about: 'An init container that fails at once, every time.',
    coursesOf: {
      '1.34': { hopeless: { containers: { check: { everyMs: { 3: 12_500, 4: 12_500 } } } } },
      '1.33': { hopeless: { containers: { check: { everyMs: { 3: 14_000, 4: 13_500 } } } } },
    },
    lasts: 165,
    begin: [pod('hopeless', { initContainers: [container('check', ['false'])], containers: [app] })],
    courses: { hopeless: { containers: { check: { wokenAfter: [1], hushedBefore: [3], stretchAfter: { 4: 1.09 } } } } },
  },
  {
    name: 'many-failures',
    about:
      'Twelve init containers that each fail twice: so many different messages that the recorder of events combines them.',
    lasts: 200,
    begin: [
      pod('clumsy', {
        terminationGracePeriodSeconds: 1,
        volumes: [{ name: 'state', emptyDir: {} }],
        initContainers: Array.from({ length: 12 }, (_, i) =>
          container(`step-${i + 1}`, `echo x >> /state/${i + 1}; [ $(wc -l < /state/${i + 1}) -gt 2 ]`, {
            volumeMounts: [{ name: 'state', mountPath: '/state' }],
          }),
        ),
        containers: [app],
      }),
    ],
  },
  {
    name: 'sigkill-137',
    about: 'An init container is killed by SIGKILL, and not for its memory.',
    lasts: 120,
    begin: [
      pod('self-killed', {
        shareProcessNamespace: true,
        initContainers: [container('check', 'sleep 1; kill -9 $$$$')],
        containers: [app],
      }),
    ],
  },
  {
    name: 'exit-codes',
    about: 'Exit codes as they are: 1, 42, 126, 127, 143, 255.',
    lasts: 20,
    begin: [
      neverRun('one', 'sleep 1; exit 1'),
      neverRun('two-fiftyfive', 'sleep 1; exit 255'),
      neverRun('not-executable', 'sleep 1; /etc/passwd'),
      neverRun('not-found', 'sleep 1; no-such-command'),
      neverRun('terminated', 'sleep 1; kill -TERM $$$$'),
      neverRun('forty-two', 'sleep 1; exit 42'),
    ],
  },
  {
    name: 'run-error',
    about:
      'A command that cannot be started: RunContainerError again and again, or, with restartPolicy Never, StartError.',
    nodeImages: { '1.36': [] },
    coursesOf: {
      '1.34': { 'no-such-command': { containers: { start: { everyMs: { 3: 13_800, 4: 12_500 } } } } },
      '1.33': { 'no-such-command': { containers: { start: { everyMs: { 3: 12_000, 4: 13_800 } } } } },
    },
    lasts: 80,
    begin: [
      pod('no-such-command', { initContainers: [container('start', ['/no/such/command'])], containers: [app] }),
      pod('no-such-command-never', {
        restartPolicy: 'Never',
        initContainers: [container('start', ['/no/such/command'])],
        containers: [app],
      }),
    ],
    courses: { 'no-such-command': { containers: { start: { stretchAfter: { 4: 1.4 } } } } },
  },
  {
    name: 'app-crashes',
    about:
      'Two apps are restarted, one that crashes and one whose liveness probe fails; their init containers are done and are not run again.',
    lasts: 60,
    begin: [
      pod('crashing', {
        initContainers: [container('prepare', ['sleep', '1'])],
        containers: [container('app', 'sleep 3; exit 1')],
      }),
      pod('unhealthy', {
        terminationGracePeriodSeconds: 1,
        initContainers: [container('prepare', ['sleep', '1'])],
        containers: [
          container('app', ['sleep', '3600'], {
            livenessProbe: {
              exec: { command: ['false'] },
              initialDelaySeconds: 5,
              periodSeconds: 2,
              failureThreshold: 2,
            },
          }),
        ],
      }),
    ],
    courses: { crashing: { containers: { app: { stretchAfter: { 4: 1.2 } } } } },
  },
  {
    name: 'active-deadline',
    about: 'activeDeadlineSeconds strike while the second init container runs.',
    nodeImages: { '1.36': [], '1.34': [] },
    lasts: 45,
    begin: [
      pod('out-of-time', {
        activeDeadlineSeconds: 15,
        terminationGracePeriodSeconds: 2,
        initContainers: [container('quick', ['sleep', '1']), container('slow', 'sleep 600; true')],
        containers: [app],
      }),
    ],
  },
  {
    name: 'run-as-root-forbidden',
    about: 'runAsNonRoot with an image that runs as root: CreateContainerConfigError that no retry mends.',
    lasts: 40,
    begin: [
      pod('not-root', {
        initContainers: [container('prepare', ['true'], { securityContext: { runAsNonRoot: true } })],
        containers: [app],
      }),
    ],
    courses: { 'not-root': { containers: { prepare: { everyMs: 13_000 } } } },
  },
  {
    name: 'rejected-by-node',
    about: 'Bound to a node that it does not fit: the kubelet rejects it before any container.',
    lasts: 20,
    begin: [
      pod('misplaced', {
        nodeName: 'node-a',
        nodeSelector: { disk: 'none-such' },
        initContainers: [container('prepare', ['true'])],
        containers: [app],
      }),
    ],
  },
  {
    name: 'termination-messages',
    about:
      'What init containers leave behind as a termination message: from a file, from the log, cut, and what is no text.',
    coursesOf: {
      '1.34': {
        'from-log': { containers: { say: { seenAtOnce: [0] } } },
        'not-text': { containers: { say: { seenAtOnce: [0] } } },
        'success-too': { containers: { say: { seenAtOnce: [0] } } },
      },
      '1.33': {},
    },
    lasts: 30,
    begin: [
      says('from-file', 'echo "migration 42 failed: table \\"users\\" is locked" > /dev/termination-log; exit 3'),
      says('from-log', 'for i in $(seq 1 200); do echo "line $i of the log"; done; exit 3', fromLog),
      pod('success-too', {
        terminationGracePeriodSeconds: 1,
        initContainers: [
          container('say', 'echo "schema is at version 17" > /dev/termination-log'),
          container('quiet', 'echo "only failures show the log"', fromLog),
        ],
        containers: [app],
      }),
      says('too-long', 'head -c 9000 /dev/zero | tr "\\0" "x" > /dev/termination-log; exit 3'),
      says(
        'not-text',
        'printf "caf\\303\\251 \\377\\376 \\000 zero \\033[31mred\\033[0m <&> \\n" > /dev/termination-log; exit 3',
      ),
      says(
        'with-a-secret',
        'echo "cannot connect to postgres://admin:hunter2@db:5432/app (password=hunter2)"; exit 3',
        fromLog,
      ),
    ],
    courses: {
      'with-a-secret': { containers: { say: { startsHushed: [0] } } },
      'success-too': { containers: { quiet: { endsHushed: [0] } } },
    },
    differs: [
      {
        kubelet: '1.36',
        kind: 'pods',
        at: /^from-file frame [78] /,
        why: 'on a busy node the phase was written before it was seen that the sandbox is gone; here that is one write',
      },
    ],
  },
];
