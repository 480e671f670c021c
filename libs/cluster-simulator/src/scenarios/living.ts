import type { Course } from '../kubelet/node.js';
import { app, busybox, container, deployment, job, pod, service, statefulSet, type Scenario } from './scenario.js';

const missing = { name: 'wait', image: '127.0.0.1:5000/busybox:no-such-tag', command: ['true'] };
const neverReached = container('later', ['true']);
const grace = { terminationGracePeriodSeconds: 8 };

/** The three pods of a Deployment's second revision, whose init containers fail: after each attempt, how long until the next try. */
const badPods = (...every: readonly Readonly<Record<number, number>>[]): Course[] => [
  ...Array.from({ length: 6 }, () => ({})),
  ...every.map((everyMs) => ({ containers: { migrate: { everyMs } } })),
];

/** Pods that succeed slowly, that are deleted, and Deployments that roll. */
export const living: readonly Scenario[] = [
  {
    name: 'long-init',
    about: 'A healthy init container that takes a minute.',
    lasts: 80,
    begin: [
      pod('patient', {
        terminationGracePeriodSeconds: 1,
        initContainers: [container('index', ['sleep', '60'])],
        containers: [app],
      }),
    ],
  },
  {
    name: 'long-wait',
    about: 'A pod waits ten minutes for a Service: long enough to be called stuck.',
    lasts: 660,
    begin: [
      deployment('importer', 1, {
        initContainers: [container('await-ldap', 'until nslookup ldap; do echo waiting for ldap; sleep 2; done')],
        containers: [app],
      }),
    ],
    later: [{ at: 600, create: service('ldap', 389) }],
  },
  {
    name: 'bare-pod-many-inits',
    about: 'Eight init containers that end at once: each is shown, a second apart.',
    lasts: 40,
    begin: [
      pod('hasty', {
        terminationGracePeriodSeconds: 1,
        initContainers: Array.from({ length: 8 }, (_, i) => container(`init-${i + 1}`, ['true'])),
        containers: [app],
      }),
    ],
  },
  {
    name: 'sidecar',
    about:
      'A sidecar that is ready after 5 s holds up the init container behind it; another is stopped with the task beside it.',
    lasts: 40,
    begin: [
      pod('with-proxy', {
        terminationGracePeriodSeconds: 1,
        initContainers: [
          container('before', ['sleep', '1']),
          container('proxy', 'sleep 5; touch /tmp/ready; exec sleep 3600', {
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['test', '-f', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 30 },
          }),
          container('after', ['sleep', '2']),
        ],
        containers: [app],
      }),
      pod('task-with-proxy', {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 1,
        initContainers: [
          container('proxy', ['sleep', '3600'], { restartPolicy: 'Always' }),
          container('after', ['sleep', '2']),
        ],
        containers: [{ name: 'app', image: busybox, command: ['sleep', '3'] }],
      }),
    ],
  },
  {
    name: 'deleted-during-init',
    about:
      'Pods are deleted while an init container runs: one ignores SIGTERM, one obeys, one waits for its retry, one for an image.',
    coursesOf: {
      '1.34': {
        'in-back-off': { containers: { wait: { wokenAfter: [1] } } },
        'without-image': { containers: { wait: { everyMs: 16_000 } } },
      },
    },
    lasts: 40,
    begin: [
      pod('stubborn', {
        ...grace,
        initContainers: [container('wait', 'sleep 600; true'), neverReached],
        containers: [app],
      }),
      pod('polite', {
        ...grace,
        initContainers: [container('wait', 'trap "exit 0" TERM; while :; do sleep 1; done'), neverReached],
        containers: [app],
      }),
      pod('in-back-off', { ...grace, initContainers: [container('wait', 'sleep 1; exit 1')], containers: [app] }),
      pod('without-image', { ...grace, initContainers: [missing], containers: [app] }),
    ],
    later: [{ at: 15, deletePods: {} }],
    courses: { 'without-image': { containers: { wait: { everyMs: 12_000 } } } },
  },
  {
    name: 'evicted-during-init',
    about: 'The Eviction API ends a pod during its init.',
    lasts: 30,
    begin: [
      pod('unwanted', {
        terminationGracePeriodSeconds: 3,
        initContainers: [container('wait', 'sleep 600; true')],
        containers: [app],
      }),
    ],
    later: [{ at: 12, evict: 'unwanted' }],
  },
  {
    name: 'rollout',
    about:
      'A Deployment of six: revision 1 is good, revision 2 has a bad init container and gets stuck; it is rolled back.',
    coursesOf: {
      '1.34': { 'web-': badPods({ 1: 14_900, 2: 14_000 }, { 1: 12_200, 2: 14_000 }, { 1: 11_200, 2: 13_000 }) },
      '1.33': { 'web-': badPods({ 1: 11_800, 2: 13_800 }, { 1: 11_800, 2: 12_800 }, { 1: 13_800, 2: 13_300 }) },
    },
    lasts: 115,
    begin: [deployment('web', 6, { initContainers: [container('migrate', ['sleep', '2'])], containers: [app] })],
    later: [
      {
        at: 40,
        apply: deployment('web', 6, {
          initContainers: [container('migrate', 'sleep 1; echo bad migration; exit 1')],
          containers: [app],
        }),
      },
      { at: 90, rollBack: 'web' },
    ],
    courses: {
      'web-': [
        ...Array.from({ length: 6 }, () => ({})),
        { containers: { migrate: { stretchAfter: { 1: 1.5, 2: 1.48 } } } },
        { containers: { migrate: { stretchAfter: { 1: 1.2, 2: 1.02 } } } },
        { containers: { migrate: { stretchAfter: { 1: 1.2, 2: 1.02 } } } },
      ],
    },
    differs: [
      {
        kubelet: '1.34',
        kind: 'pods',
        at: /^web-<hash-1>- frame (9|1\d) of /,
        why: 'which pods a ReplicaSet deletes first, and in which moment of their retries, is chance',
      },
      {
        kubelet: '1.34',
        kind: 'events',
        at: /^pod (4|7|8|9|10) frame /,
        why: 'which pods a ReplicaSet deletes first, and in which moment of their retries, is chance',
      },
      {
        kubelet: '1.33',
        kind: 'pods',
        at: /^web-<hash-1>- frame (1[5-9]|20) of /,
        why: 'which pods a ReplicaSet deletes first, and in which moment of their retries, is chance',
      },
    ],
  },
  {
    name: 'bad-rollout-of-forty',
    about:
      'A Deployment of forty rolls to a revision whose init container fails, gets stuck at its surge, and is rolled back.',
    lasts: 240,
    begin: [deployment('shop', 40, { initContainers: [container('migrate', ['sleep', '3'])], containers: [app] })],
    later: [
      {
        at: 60,
        apply: deployment('shop', 40, {
          initContainers: [container('migrate', 'sleep 2; echo bad migration; exit 1')],
          containers: [app],
        }),
      },
      { at: 200, rollBack: 'shop' },
    ],
  },
  {
    name: 'force-deleted-during-init',
    about: 'A pod is deleted by force: it is gone at once, and its container lives two seconds longer.',
    lasts: 50,
    begin: [pod('forced', { initContainers: [container('wait', 'sleep 600; true')], containers: [app] })],
    later: [{ at: 12, deletePod: 'forced', gracePeriodSeconds: 0 }],
  },
  {
    name: 'two-waits-one-target',
    about: 'Five pods of two Deployments wait for one Service, which comes after 50 s.',
    lasts: 70,
    begin: [['shop', 3] as const, ['billing', 2] as const].map(([name, replicas]) =>
      deployment(name, replicas, {
        initContainers: [
          container(
            'await-db',
            'until nslookup db.two-waits-one-target.svc.cluster.local; do echo waiting for db; sleep 2; done',
          ),
        ],
        containers: [app],
      }),
    ),
    later: [{ at: 50, create: service('db', 5432) }],
    courses: { 'billing-': [{ sandboxHushed: [1] }, {}] },
  },
  {
    name: 'job-success',
    about: 'A Job of two pods, one after the other, each with an init container.',
    lasts: 45,
    begin: [
      job(
        'good',
        { completions: 2 },
        {
          restartPolicy: 'Never',
          initContainers: [container('prepare', ['sleep', '2'])],
          containers: [container('work', ['sleep', '2'])],
        },
      ),
    ],
  },
  {
    name: 'statefulset',
    about: 'Two ordered replicas; then the first is deleted and comes again with the same name and another uid.',
    lasts: 60,
    begin: [
      statefulSet('db', 2, {
        terminationGracePeriodSeconds: 1,
        initContainers: [container('restore', ['sleep', '3'])],
        containers: [app],
      }),
    ],
    later: [{ at: 35, deletePod: 'db-0' }],
  },
  {
    name: 'finalizer-pod',
    about: 'A finalizer keeps a pod that has ended: Terminating for twenty seconds more.',
    lasts: 40,
    begin: [
      pod(
        'held',
        { terminationGracePeriodSeconds: 2, initContainers: [container('wait', 'sleep 600; true')], containers: [app] },
        { finalizers: ['example.com/hold'] },
      ),
    ],
    later: [
      { at: 10, deletePod: 'held' },
      { at: 30, release: 'held' },
    ],
  },
  {
    name: 'name-reused',
    about: 'Three pods of one name, one after the other: the first is deleted, the second by force.',
    lasts: 65,
    begin: [pod('again', { initContainers: [container('prepare', ['sleep', '30'])], containers: [app] })],
    later: [
      { at: 12, deletePod: 'again', gracePeriodSeconds: 1 },
      { at: 17, apply: pod('again', { initContainers: [container('prepare', ['sleep', '31'])], containers: [app] }) },
      { at: 30, deletePod: 'again', gracePeriodSeconds: 0 },
      { at: 30.5, apply: pod('again', { initContainers: [container('prepare', ['sleep', '3'])], containers: [app] }) },
    ],
    courses: { again: [{}, { sandboxHushed: [1] }, {}] },
  },
  {
    name: 'heavy-pull',
    about: "The app's image is large: the init container has long succeeded while it is pulled.",
    lasts: 40,
    begin: [
      pod('large-app', {
        initContainers: [container('prepare', ['sleep', '1'])],
        containers: [{ name: 'app', image: '127.0.0.1:5000/heavy:1', command: ['sleep', '3600'] }],
      }),
    ],
  },
  {
    name: 'heavy-init-pull',
    about: "The second init container's image is large.",
    lasts: 40,
    begin: [
      pod('large-init', {
        initContainers: [
          container('prepare', ['sleep', '1']),
          { name: 'unpack', image: '127.0.0.1:5000/heavy:2', command: ['sleep', '2'] },
        ],
        containers: [app],
      }),
    ],
  },
];
