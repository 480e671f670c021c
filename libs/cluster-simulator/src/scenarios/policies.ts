import { app, container, daemonSet, job, pod, type Scenario } from './scenario.js';

const withState = { volumeMounts: [{ name: 'state', mountPath: '/state' }] };

const resourcesOf = (requested: string, limit: string) => ({
  resources: { limits: { cpu: limit, memory: '40Mi' }, requests: { cpu: requested, memory: '20Mi' } },
});

const retryOn42 = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];

/** What controllers make of pods, who is retried and who is not, and what is added to a pod from outside. */
export const policies: readonly Scenario[] = [
  {
    name: 'job-backoff',
    about: 'A Job whose init container fails: three pods and no more. Then one whose pod retries by itself.',
    coursesOf: { '1.34': {}, '1.33': {} },
    lasts: 80,
    begin: [
      job(
        'new-pods',
        { backoffLimit: 2 },
        {
          restartPolicy: 'Never',
          initContainers: [container('check', 'sleep 1; exit 1')],
          containers: [container('work', ['true'])],
        },
      ),
      job(
        'same-pod',
        { backoffLimit: 2 },
        {
          restartPolicy: 'OnFailure',
          terminationGracePeriodSeconds: 1,
          initContainers: [container('check', 'sleep 1; exit 1')],
          containers: [container('work', ['true'])],
        },
      ),
    ],
    courses: {
      'new-pods-': [{ sandboxEndTold: true }],
      'same-pod-': { containers: { check: { hushedBefore: [2] } } },
    },
    differs: [
      {
        kubelet: '1.34',
        kind: 'pods',
        at: /^same-pod- frame 1[2-6] /,
        why: 'the end came just as the pod was deleted, and was written with the deletion or before it',
      },
      {
        kubelet: '1.33',
        kind: 'pods',
        at: /^same-pod- frame 1[2-6] /,
        why: 'the end came just as the pod was deleted, and was written with the deletion or before it',
      },
    ],
  },
  {
    name: 'restart-rules',
    about:
      "Containers with restart rules of their own, against the pod's policy: a code that is retried, one that is final, Never in Always, OnFailure in Never.",
    lasts: 65,
    begin: [
      pod('retried', {
        restartPolicy: 'Never',
        initContainers: [
          container('retry', 'sleep 1; echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 2 ] || exit 42', {
            restartPolicy: 'Never',
            restartPolicyRules: retryOn42,
            ...withState,
          }),
        ],
        containers: [container('app', ['sleep', '3'])],
        volumes: [{ name: 'state', emptyDir: {} }],
      }),
      pod('retried-then-failed', {
        restartPolicy: 'Never',
        initContainers: [
          container('retry', 'sleep 1; echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 1 ] && exit 1; exit 42', {
            restartPolicy: 'Never',
            restartPolicyRules: retryOn42,
            ...withState,
          }),
        ],
        containers: [app],
        volumes: [{ name: 'state', emptyDir: {} }],
      }),
      pod('strict', {
        initContainers: [container('check', 'sleep 1; exit 1', { restartPolicy: 'Never' })],
        containers: [app],
      }),
      pod('lenient', {
        restartPolicy: 'Never',
        initContainers: [
          container('retry', 'sleep 1; echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 2 ]', {
            restartPolicy: 'OnFailure',
            ...withState,
          }),
        ],
        containers: [container('app', ['sleep', '3'])],
        volumes: [{ name: 'state', emptyDir: {} }],
      }),
    ],
    courses: {
      lenient: { containers: { retry: { endsHushed: [0] } } },
      'retried-then-failed': { containers: { retry: { endsHushed: [0] } } },
      retried: { containers: { retry: { endsHushed: [2] } } },
    },
  },
  {
    name: 'daemonset',
    about: 'One pod on every node.',
    lasts: 30,
    begin: [
      daemonSet('logger', {
        terminationGracePeriodSeconds: 1,
        initContainers: [container('prepare', ['sleep', '2'])],
        containers: [app],
      }),
    ],
  },
  {
    name: 'cronjob',
    about: 'A CronJob that fires every minute.',
    lasts: 150,
    begin: [
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'each-minute' },
        spec: {
          schedule: '* * * * *',
          jobTemplate: {
            spec: {
              template: {
                spec: {
                  restartPolicy: 'Never',
                  initContainers: [container('prepare', ['sleep', '2'])],
                  containers: [container('work', ['sleep', '2'])],
                },
              },
            },
          },
        },
      },
    ],
    later: [{ at: 130, orphan: { resource: 'cronjobs', name: 'each-minute' } }],
    differs: [
      {
        kubelet: '1.36',
        kind: 'pods',
        at: /^each-minute-\d+- frame 1[01] of 11 /,
        why: "on a busy node it was a write of its own that the pod's control group is gone",
      },
    ],
  },
  {
    name: 'ephemeral-container',
    about: 'Somebody debugs a pod while it initializes.',
    lasts: 55,
    begin: [
      pod('examined', {
        terminationGracePeriodSeconds: 1,
        initContainers: [container('work', ['sleep', '30'])],
        containers: [app],
      }),
    ],
    later: [
      {
        at: 10,
        debug: {
          pod: 'examined',
          container: container('debugger', ['sleep', '10'], {
            securityContext: { capabilities: { add: ['SYS_PTRACE'] } },
          }),
        },
      },
    ],
  },
  {
    name: 'resize',
    about:
      'A pod gets more cpu in place while it initializes: first its app, which has not begun, then the init container that runs.',
    lasts: 50,
    begin: [
      pod('growing', {
        terminationGracePeriodSeconds: 1,
        initContainers: [container('work', ['sleep', '30'], resourcesOf('10m', '100m'))],
        containers: [{ ...app, ...resourcesOf('10m', '100m') }],
      }),
    ],
    later: [
      { at: 10, resize: { pod: 'growing', to: { app: resourcesOf('20m', '200m').resources } } },
      { at: 18, resize: { pod: 'growing', to: { work: resourcesOf('20m', '200m').resources } } },
    ],
  },
];
