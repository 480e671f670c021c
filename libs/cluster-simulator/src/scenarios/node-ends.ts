import { app, container, pod, type Manifest, type Scenario } from './scenario.js';

const bears = [
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 },
];

const small = { resources: { limits: { 'ephemeral-storage': '10Mi' } } };
const modest = { resources: { requests: { memory: '50Mi' } } };
const data = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
const overAll = 'Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ';
const takesAll = '(head -c 800000000 /dev/zero; sleep 600) | tail';

const simple = (name: string, spec: Readonly<Record<string, unknown>>, first = '1'): Manifest =>
  pod(name, { ...spec, initContainers: [container('prepare', ['sleep', first])], containers: [app] });

const appRemoved = { 'hungry-later': { containers: { app: { removedUnseen: true } } } };

const refused = simple('refused', { nodeName: 'node-a' });
const brief = { terminationGracePeriodSeconds: 1 };

const whoPulls = 'which of the pods finds their image on the node, because another has just pulled it, is chance';
const whatIsSeen =
  'which looks find instances that end at once, and how long its last back-off is stretched, is chance';

/** How a node ends pods that nobody deleted. */
export const nodeEnds: readonly Scenario[] = [
  {
    name: 'evicted-for-storage',
    about:
      'Init containers that use more local storage than they, their pod or their volume may: the kubelet evicts them.',
    nodeImages: { '1.36': [], '1.34': [], '1.33': [] },
    lasts: 60,
    begin: [
      pod('volume-too-large', {
        terminationGracePeriodSeconds: 5,
        volumes: [{ name: 'data', emptyDir: { sizeLimit: '10Mi' } }],
        initContainers: [container('fill', 'sleep 3; dd if=/dev/zero of=/data/file bs=1M count=30; sleep 600', data)],
        containers: [app],
      }),
      pod('container-too-large', {
        terminationGracePeriodSeconds: 5,
        initContainers: [
          container('prepare', ['sleep', '1']),
          container('fill', 'sleep 3; dd if=/dev/zero of=/tmp/file bs=1M count=30; sleep 600', small),
        ],
        containers: [app],
      }),
      pod('pod-too-large', {
        terminationGracePeriodSeconds: 5,
        volumes: [{ name: 'data', emptyDir: {} }],
        initContainers: [
          container('fill', 'sleep 3; dd if=/dev/zero of=/data/file bs=1M count=30; sleep 600', { ...small, ...data }),
        ],
        containers: [{ ...app, ...small }],
      }),
    ],
    later: [
      { at: 18, kubeletEvicts: 'container-too-large', why: { overLimit: overAll } },
      { at: 20.4, kubeletEvicts: 'pod-too-large', why: { overLimit: overAll } },
      {
        at: 22.8,
        kubeletEvicts: 'volume-too-large',
        why: { overLimit: 'Usage of EmptyDir volume "data" exceeds the limit "10Mi". ' },
      },
    ],
    coursesOf: { '1.33': { 'volume-too-large': { containers: { fill: { removedUnseen: true } } } } },
    differs: [
      { kubelet: '1.34', kind: 'events', at: /^pod 1 frame [2-6] of 6 /, why: whoPulls },
      { kubelet: '1.33', kind: 'events', at: /^pod 3 frame [2-6] of 6 /, why: whoPulls },
    ],
  },
  {
    name: 'evicted-disk-pressure',
    about:
      'An init container fills the disk of the node: its pod is evicted, and until that is over the node takes no other.',
    lasts: 90,
    begin: [
      pod('filling', {
        terminationGracePeriodSeconds: 5,
        volumes: [{ name: 'data', emptyDir: {} }],
        initContainers: [
          container('prepare', ['sleep', '1']),
          container('fill', 'sleep 5; dd if=/dev/zero of=/data/file bs=1M count=400; sleep 600', data),
        ],
        containers: [app],
      }),
      simple('beside', brief, '45'),
    ],
    later: [
      {
        at: 18.3,
        kubeletEvicts: 'filling',
        why: { lowOn: 'ephemeral-storage', threshold: '300Mi', available: '263624Ki', using: { fill: '48Ki' } },
      },
      { at: 19.1, create: simple('late', brief) },
      { at: 19.2, create: refused },
    ],
    courses: { filling: { containers: { fill: { removedUnseen: true } } } },
    coursesOf: { '1.34': {} },
  },
  {
    name: 'evicted-memory-pressure',
    about:
      'An init container takes the memory that the node has for pods: its pod is evicted. Later an app does the same.',
    nodeImages: { '1.36': [] },
    lasts: 135,
    begin: [
      pod('hungry', {
        terminationGracePeriodSeconds: 5,
        initContainers: [container('prepare', ['sleep', '1']), container('load', takesAll)],
        containers: [app],
      }),
      pod('modest', {
        ...brief,
        initContainers: [container('prepare', ['sleep', '40'], modest)],
        containers: [{ ...app, ...modest }],
      }),
    ],
    later: [
      {
        at: 17.9,
        kubeletEvicts: 'hungry',
        why: { lowOn: 'memory', threshold: '500Mi', available: '250440Ki', using: { load: '783700Ki' } },
      },
      { at: 18.9, create: refused },
      {
        at: 19,
        create: pod('hungry-later', {
          terminationGracePeriodSeconds: 5,
          initContainers: [container('prepare', ['sleep', '1'])],
          containers: [{ ...app, command: ['sh', '-c', `sleep 20; ${takesAll}`] }],
        }),
      },
      {
        at: 85,
        kubeletEvicts: 'hungry-later',
        why: { lowOn: 'memory', threshold: '500Mi', available: '308072Ki', using: { app: '726696Ki' } },
      },
    ],
    coursesOf: { '1.34': appRemoved, '1.33': appRemoved },
  },
  {
    name: 'node-lost',
    about:
      'The kubelet is silent for longer than its node may be: pods that bear that for ten seconds are evicted. Then it comes back.',
    lasts: 125,
    begin: [
      pod('initializing', {
        terminationGracePeriodSeconds: 2,
        tolerations: bears,
        initContainers: [container('prepare', ['sleep', '1']), container('wait', 'sleep 600; true')],
        containers: [app],
      }),
      simple('running', { terminationGracePeriodSeconds: 2, tolerations: bears }),
      pod('patient', {
        ...brief,
        initContainers: [container('prepare', ['sleep', '60']), container('after', ['sleep', '2'])],
        containers: [app],
      }),
      simple('steady', brief),
    ],
    later: [
      { at: 12, node: 'stopKubelet' },
      { at: 95, node: 'startKubelet' },
    ],
    differs: [
      {
        kubelet: '1.36',
        kind: 'pods',
        at: /^running frame 1[345] of 15 /,
        why: "on a busy node it was a write of its own that the pod's control group is gone",
      },
    ],
  },
  {
    name: 'node-shutdown',
    about:
      'The node is shut down in good order: its kubelet ends the pods, the critical ones last, and refuses others. Then it comes back.',
    nodeImages: { '1.34': [] },
    lasts: 75,
    begin: [
      pod('initializing', {
        terminationGracePeriodSeconds: 2,
        initContainers: [
          container('prepare', ['sleep', '1']),
          container('wait', 'trap "exit 0" TERM; while :; do sleep 1; done'),
        ],
        containers: [app],
      }),
      pod('stubborn', {
        terminationGracePeriodSeconds: 60,
        initContainers: [container('wait', 'sleep 600; true')],
        containers: [app],
      }),
      pod('crashing', {
        terminationGracePeriodSeconds: 2,
        initContainers: [container('check', 'exit 1')],
        containers: [app],
      }),
      pod('without-image', {
        terminationGracePeriodSeconds: 2,
        initContainers: [{ name: 'fetch', image: '127.0.0.1:5000/busybox:no-such-tag', command: ['true'] }],
        containers: [app],
      }),
      pod('running', {
        terminationGracePeriodSeconds: 2,
        initContainers: [
          container('prepare', ['sleep', '1']),
          container('proxy', ['sleep', '3600'], { restartPolicy: 'Always' }),
        ],
        containers: [app],
      }),
      pod('critical', {
        terminationGracePeriodSeconds: 2,
        priorityClassName: 'system-node-critical',
        initContainers: [container('wait', 'trap "exit 3" TERM; while :; do sleep 1; done')],
        containers: [app],
      }),
      pod('finished', {
        restartPolicy: 'Never',
        initContainers: [container('prepare', ['sleep', '1'])],
        containers: [{ ...app, command: ['sleep', '2'] }],
      }),
    ],
    later: [
      { at: 24.5, node: 'shutdown' },
      { at: 27.7, create: refused },
      { at: 50, node: 'reboot' },
    ],
    courses: { 'without-image': { containers: { fetch: { everyMs: 12_000 } } } },
    differs: [
      { kubelet: '1.34', kind: 'pods', at: /^crashing frame ([4-9]|1[01]) of 11 /, why: whatIsSeen },
      { kubelet: '1.33', kind: 'pods', at: /^crashing frame ([4-9]|1[0-3]) of 13 /, why: whatIsSeen },
      { kubelet: '1.33', kind: 'events', at: /^pod 3 frame (9|1[0-3]) of 13 /, why: whatIsSeen },
      { kubelet: '1.34', kind: 'events', at: /^pod [37] frame [2-8] of 8 /, why: whoPulls },
    ],
  },
];
