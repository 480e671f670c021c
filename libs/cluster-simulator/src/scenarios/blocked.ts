import { app, busybox, container, pod, type Scenario } from './scenario.js';

/** Init containers that are kept from beginning. */
export const blocked: readonly Scenario[] = [
  {
    name: 'image-missing',
    about:
      "The init container's image does not exist (ErrImagePull, ImagePullBackOff) until it is changed to one that does.",
    lasts: 80,
    begin: [
      pod('absent', {
        terminationGracePeriodSeconds: 1,
        initContainers: [{ name: 'fetch', image: '127.0.0.1:5000/busybox:no-such-tag', command: ['sleep', '2'] }],
        containers: [app],
      }),
    ],
    later: [{ at: 45, setImages: { pod: 'absent', images: { fetch: busybox } } }],
    courses: { absent: { containers: { fetch: { everyMs: 12_000 } } } },
  },
  {
    name: 'config-missing',
    about: "The init container's ConfigMap comes after 30 s: CreateContainerConfigError until then.",
    lasts: 60,
    begin: [
      pod('unconfigured', {
        initContainers: [
          container('configure', 'sleep 1; echo $URL', {
            env: [{ name: 'URL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'url' } } }],
          }),
        ],
        containers: [app],
      }),
    ],
    later: [
      {
        at: 30,
        create: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'settings' },
          data: { url: 'http://example.com' },
        },
      },
    ],
    courses: { unconfigured: { containers: { configure: { everyMs: 13_000 } } } },
  },
  {
    name: 'volume-missing',
    about: "The pod's Secret comes after 60 s: no sandbox before that, only FailedMount events.",
    lasts: 100,
    begin: [
      pod('unmounted', {
        initContainers: [
          container('read', 'sleep 1; ls /keys', { volumeMounts: [{ name: 'keys', mountPath: '/keys' }] }),
        ],
        containers: [app],
        volumes: [{ name: 'keys', secret: { secretName: 'keys' } }],
      }),
    ],
    later: [
      {
        at: 60,
        create: {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'keys' },
          type: 'Opaque',
          data: { key: 'dmFsdWU=' },
        },
      },
    ],
  },
  {
    name: 'sandbox-failure',
    about: 'The network plugin refuses the sandbox four times; no container status tells of it, only Events.',
    lasts: 90,
    begin: [pod('disconnected', { initContainers: [container('prepare', ['sleep', '2'])], containers: [app] })],
    courses: {
      disconnected: {
        sandbox: {
          fails: 4,
          message:
            'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.254',
        },
      },
    },
  },
  {
    name: 'pull-never-absent',
    about: 'imagePullPolicy Never and no image: ErrImageNeverPull, for ever.',
    lasts: 30,
    begin: [
      pod('never-pulled', {
        initContainers: [
          { name: 'fetch', image: '127.0.0.1:5000/absent:1', imagePullPolicy: 'Never', command: ['true'] },
        ],
        containers: [app],
      }),
    ],
    courses: { 'never-pulled': { containers: { fetch: { everyMs: 12_000 } } } },
  },
  {
    name: 'unschedulable',
    about: 'No node has the label that the pod asks for, until one is given it after 30 s.',
    lasts: 55,
    begin: [
      pod('homeless', {
        terminationGracePeriodSeconds: 1,
        nodeSelector: { disk: 'ssd' },
        initContainers: [container('prepare', ['sleep', '2'])],
        containers: [app],
      }),
    ],
    later: [
      { at: 30, labelNodes: { disk: 'ssd' } },
      { at: 50, labelNodes: { disk: null } },
    ],
  },
  {
    name: 'scheduling-gated',
    about: 'A scheduling gate holds the pod back for 20 s.',
    lasts: 45,
    begin: [
      pod('gated', {
        terminationGracePeriodSeconds: 1,
        schedulingGates: [{ name: 'example.com/quota' }],
        initContainers: [container('prepare', ['sleep', '2'])],
        containers: [app],
      }),
    ],
    later: [{ at: 20, ungate: 'gated' }],
  },
  {
    name: 'image-invalid-name',
    about: 'An image whose name is none.',
    lasts: 30,
    begin: [
      pod('misspelled', {
        initContainers: [{ name: 'fetch', image: '127.0.0.1:5000/BusyBox::1.28', command: ['true'] }],
        containers: [app],
      }),
    ],
    courses: { misspelled: { containers: { fetch: { everyMs: 12_000 } } } },
  },
];
