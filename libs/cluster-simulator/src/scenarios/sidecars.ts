import { app, busybox, container, pod, type Scenario } from './scenario.js';

const brief = { terminationGracePeriodSeconds: 1 };
const redis = '127.0.0.1:5000/redis:7';
const never = { exec: { command: ['false'] } };

/** Sidecars that die, that do not start, and that are changed; and what a pod waits for beside its containers. */
export const sidecars: readonly Scenario[] = [
  {
    name: 'sidecar-crashes-before-start',
    about: 'A sidecar dies before its startup probe has passed, again and again: init does not go on.',
    coursesOf: { '1.34': {}, '1.33': {} },
    lasts: 95,
    begin: [
      pod('no-proxy', {
        ...brief,
        initContainers: [
          container('proxy', 'sleep 2; exit 1', {
            restartPolicy: 'Always',
            startupProbe: { ...never, periodSeconds: 1, failureThreshold: 30 },
          }),
          container('after', ['true']),
        ],
        containers: [app],
      }),
    ],
    courses: { 'no-proxy': { containers: { proxy: { endsMissed: [1] } } } },
    differs: [
      {
        kubelet: '1.34',
        kind: 'events',
        at: /^pod 1 frame ([6-9]|\d\d) /,
        why: 'which tick of a probe falls between an exit and the look that finds it is chance: "errored" there, "failed" or nothing here',
      },
      {
        kubelet: '1.33',
        kind: 'events',
        at: /^pod 1 frame ([5-9]|\d\d) /,
        why: 'which tick of a probe falls between an exit and the look that finds it is chance: "errored" there, "failed" or nothing here',
      },
    ],
  },
  {
    name: 'sidecar-restarts-later',
    about: 'A sidecar dies while the app runs: it alone is restarted, and no init container runs again.',
    coursesOf: {
      '1.34': { 'flaky-proxy': { containers: { proxy: { everyMs: { 2: 12_500, 3: 12_500 } } } } },
      '1.33': { 'flaky-proxy': { containers: { proxy: { everyMs: { 2: 12_500, 3: 12_500 } } } } },
    },
    lasts: 80,
    begin: [
      pod('flaky-proxy', {
        ...brief,
        initContainers: [
          container('proxy', 'sleep 15; exit 1', { restartPolicy: 'Always' }),
          container('after', ['sleep', '1']),
        ],
        containers: [app],
      }),
    ],
  },
  {
    name: 'sidecar-startup-never',
    about: "A sidecar's startup probe never passes: the kubelet kills and restarts the sidecar.",
    coursesOf: {
      '1.34': { 'never-started': { containers: { proxy: { everyMs: { 2: 10_500, 3: 12_000, 4: 13_600 } } } } },
      '1.33': { 'never-started': { containers: { proxy: { everyMs: { 2: 11_000, 3: 12_000, 4: 11_800 } } } } },
    },
    lasts: 85,
    begin: [
      pod('never-started', {
        ...brief,
        initContainers: [
          container('proxy', 'trap "exit 0" TERM; while :; do sleep 1; done', {
            restartPolicy: 'Always',
            startupProbe: { ...never, periodSeconds: 2, failureThreshold: 3 },
          }),
          container('after', ['true']),
        ],
        containers: [app],
      }),
    ],
  },
  {
    name: 'post-start-hook-fails',
    about: "A sidecar's postStart hook fails: it is killed and tried again; the init container after it never runs.",
    coursesOf: {
      '1.34': { hooked: { containers: { proxy: { wokenAfter: [1, 2, 3, 4], everyMs: { 3: 13_800, 4: 12_500 } } } } },
      '1.33': { hooked: { containers: { proxy: { wokenAfter: [1, 2, 3, 4], everyMs: { 3: 12_000, 4: 13_000 } } } } },
    },
    lasts: 65,
    begin: [
      pod('hooked', {
        ...brief,
        initContainers: [
          container('proxy', ['sleep', '3600'], {
            restartPolicy: 'Always',
            lifecycle: { postStart: { exec: { command: ['sh', '-c', 'sleep 1; exit 4'] } } },
          }),
          container('next', ['true']),
        ],
        containers: [app],
      }),
    ],
    courses: { hooked: { containers: { proxy: { wokenAfter: [1, 2, 3, 4] } } } },
  },
  {
    name: 'readiness-gate',
    about: 'Everything runs, but the pod is not ready until somebody says so.',
    lasts: 45,
    begin: [
      pod('awaited', {
        ...brief,
        readinessGates: [{ conditionType: 'example.com/balanced' }],
        initContainers: [container('prepare', ['sleep', '2'])],
        containers: [app],
      }),
    ],
    later: [{ at: 25, setCondition: { pod: 'awaited', type: 'example.com/balanced', status: 'True' } }],
  },
  {
    name: 'image-changed-during-init',
    about:
      'The image of a running init container changes (nothing happens), of one that waits for its retry, and of a sidecar.',
    nodeImages: { '1.36': [busybox, redis] },
    lasts: 80,
    begin: [
      pod('running', {
        ...brief,
        initContainers: [container('done', ['true']), container('work', ['sleep', '30'])],
        containers: [app],
      }),
      pod('failing', { ...brief, initContainers: [container('work', 'sleep 1; exit 1')], containers: [app] }),
      pod('proxied', {
        ...brief,
        initContainers: [
          container('proxy', ['sleep', '3600'], { restartPolicy: 'Always' }),
          container('work', ['sleep', '30']),
        ],
        containers: [app],
      }),
    ],
    later: [
      { at: 20, setImages: { pod: 'running', images: { work: redis, done: redis } } },
      { at: 20, setImages: { pod: 'failing', images: { work: redis } } },
      { at: 20, setImages: { pod: 'proxied', images: { proxy: redis } } },
    ],
  },
];
