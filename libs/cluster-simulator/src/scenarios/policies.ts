import { app, container, job, pod, type Scenario } from './scenario.js';

const withState = { volumeMounts: [{ name: 'state', mountPath: '/state' }] };

const retryOn42 = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];

/** Who is retried and who is not: by Jobs, and by rules of a container's own. */
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
];
