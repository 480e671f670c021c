import { app, container, pod, proxied, type Scenario } from './scenario.js';

const brief = { terminationGracePeriodSeconds: 1 };

/** Pods whose init containers run more than once: their sandbox dies, or a rule has all of them begin again. */
export const cycles: readonly Scenario[] = [
  {
    name: 'sandbox-killed',
    about: 'The sandbox dies twice while the app runs: each time a new one, and every init container again.',
    coursesOf: {
      '1.34': { 'twice-fast': {}, twice: { containers: { first: { wokenDuring: [2] } } } },
      '1.33': { 'twice-fast': { containers: { app: { wokenAfter: [1] } } } },
    },
    lasts: 110,
    begin: [
      pod('twice', {
        ...brief,
        initContainers: [container('first', ['sleep', '2']), container('second', ['sleep', '3'])],
        containers: [app],
      }),
      pod('twice-fast', {
        ...brief,
        initContainers: [container('first', ['true']), container('second', ['true'])],
        containers: [app],
      }),
    ],
    later: [
      { at: 25, killSandbox: 'twice' },
      { at: 28, killSandbox: 'twice-fast' },
      { at: 60, killSandbox: 'twice' },
      { at: 63, killSandbox: 'twice-fast' },
    ],
  },
  {
    name: 'sandbox-killed-during-init',
    about:
      'The sandbox dies while the second init container runs: all begins again, and how that one ended is never told.',
    coursesOf: { '1.34': {}, '1.33': {} },
    lasts: 70,
    begin: [
      pod('interrupted', {
        ...brief,
        initContainers: [
          container('first', ['sleep', '2']),
          container('second', ['sleep', '20']),
          container('third', ['sleep', '1']),
        ],
        containers: [app],
      }),
    ],
    later: [{ at: 15, killSandbox: 'interrupted' }],
    courses: { interrupted: { containers: { first: { endsHushed: [0] } } } },
  },
  {
    name: 'sandbox-killed-never',
    about:
      'The sandbox dies under restartPolicy Never, during init and after it: the pod has failed, and nothing runs again.',
    lasts: 45,
    begin: [
      pod('during-init', {
        restartPolicy: 'Never',
        ...brief,
        initContainers: [container('first', ['sleep', '1']), container('second', ['sleep', '60'])],
        containers: [app],
      }),
      pod('after-init', {
        restartPolicy: 'Never',
        ...brief,
        initContainers: [container('first', ['sleep', '1'])],
        containers: [app],
      }),
    ],
    later: [
      { at: 15, killSandbox: 'during-init' },
      { at: 18, killSandbox: 'after-init' },
    ],
  },
  {
    name: 'sandbox-killed-on-failure',
    about:
      'The sandbox dies under restartPolicy OnFailure: all runs again, and the kubelet may not say that it does until it has ended.',
    nodeImages: { '1.36': [] },
    lasts: 105,
    begin: [
      pod('hidden', {
        restartPolicy: 'OnFailure',
        ...brief,
        initContainers: [container('first', ['sleep', '3']), container('second', ['sleep', '6'])],
        containers: [app],
      }),
      pod('fails-again', {
        restartPolicy: 'OnFailure',
        ...brief,
        volumes: [{ name: 'state', emptyDir: {} }],
        initContainers: [
          container(
            'first',
            'sleep 2; echo x >> /state/tries; n=$(wc -l < /state/tries); [ $n -eq 1 ] || [ $n -gt 3 ]',
            { volumeMounts: [{ name: 'state', mountPath: '/state' }] },
          ),
          container('second', ['sleep', '4']),
        ],
        containers: [app],
      }),
    ],
    later: [
      { at: 22, killSandbox: 'hidden' },
      { at: 24, killSandbox: 'fails-again' },
      { at: 60, killSandbox: 'hidden' },
    ],
  },
  {
    name: 'sidecar-sandbox-killed',
    about: 'The sandbox of a pod with a sidecar dies after init: a second cycle with all of them.',
    lasts: 60,
    begin: [proxied],
    later: [{ at: 25, killSandbox: 'proxied' }],
  },
  {
    name: 'host-network',
    about: "The pod's address is its node's, and stays so when its sandbox dies.",
    lasts: 50,
    begin: [
      pod('on-host', {
        hostNetwork: true,
        ...brief,
        initContainers: [container('prepare', ['sleep', '2'])],
        containers: [app],
      }),
    ],
    later: [{ at: 20, killSandbox: 'on-host' }],
    courses: { 'on-host': { sandboxHushed: [2] } },
    differs: [
      {
        kubelet: '1.36',
        kind: 'pods',
        at: /^on-host frame (11 .*resources|12 )/,
        why: 'the kubelet had not heard back that it had written phase Running, on a busy node: it read "no limit" a minute later',
      },
    ],
  },
  {
    name: 'restart-all-containers',
    about:
      'A rule restarts all containers of the pod in place when one of them ends with 88: once the app, once an init container.',
    lasts: 70,
    begin: [
      pod('all-again', {
        restartPolicy: 'Always',
        ...brief,
        initContainers: [container('first', ['sleep', '2']), container('second', ['true'])],
        containers: [
          container(
            'app',
            'echo x >> /state/tries; sleep 5; [ $(wc -l < /state/tries) -gt 1 ] || exit 88; sleep 3600',
            {
              restartPolicy: 'Never',
              restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } }],
              volumeMounts: [{ name: 'state', mountPath: '/state' }],
            },
          ),
        ],
        volumes: [{ name: 'state', emptyDir: {} }],
      }),
      pod('init-begins-again', {
        restartPolicy: 'Always',
        ...brief,
        initContainers: [
          container('first', ['sleep', '1']),
          container('second', 'sleep 2; echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 1 ] || exit 88', {
            restartPolicy: 'Never',
            restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } }],
            volumeMounts: [{ name: 'state', mountPath: '/state' }],
          }),
        ],
        containers: [app],
        volumes: [{ name: 'state', emptyDir: {} }],
      }),
    ],
    courses: {
      'all-again': { containers: { second: { startsHushed: [0], endsHushed: [0] } } },
      'init-begins-again': { containers: { first: { endsHushed: [0] } } },
    },
  },
];
