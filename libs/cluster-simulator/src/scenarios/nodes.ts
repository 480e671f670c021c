import { app, container, pod, proxied, type Manifest, type Scenario } from './scenario.js';

const brief = { terminationGracePeriodSeconds: 1 };

const staticWeb = (seconds: number): Manifest =>
  pod('static-web', {
    ...brief,
    initContainers: [container('prepare', `sleep ${seconds}`)],
    containers: [app],
  });

/** What happens to a node, or to its kubelet, while pods live on it. */
export const nodes: readonly Scenario[] = [
  {
    name: 'reboot-during-init',
    about: 'The node reboots while pods initialize.',
    nodeImages: { '1.36': [] },
    lasts: 130,
    begin: [
      pod('slow', {
        ...brief,
        initContainers: [container('first', ['sleep', '10']), container('second', ['sleep', '60'])],
        containers: [app],
      }),
      pod('slow-never', {
        restartPolicy: 'Never',
        ...brief,
        initContainers: [container('first', ['sleep', '10']), container('second', ['sleep', '60'])],
        containers: [app],
      }),
      pod('crashing', { initContainers: [container('check', 'sleep 1; exit 1')], containers: [app] }),
    ],
    later: [{ at: 25, node: 'reboot' }],
  },
  {
    name: 'reboot-after-running',
    about: 'The node reboots when all pods run: every init container runs again, under the same uid.',
    lasts: 60,
    begin: [
      pod('steady', {
        ...brief,
        initContainers: [container('first', ['sleep', '1']), container('second', ['sleep', '2'])],
        containers: [app],
      }),
      proxied,
      pod('steady-never', {
        restartPolicy: 'Never',
        ...brief,
        initContainers: [container('first', ['sleep', '1'])],
        containers: [app],
      }),
    ],
    later: [{ at: 25, node: 'reboot' }],
  },
  {
    name: 'kubelet-restart',
    about:
      'The kubelet is killed and started again at once: containers live on, and what was only in its memory is gone.',
    nodeImages: { '1.36': [] },
    lasts: 90,
    begin: [
      pod('pulling', {
        initContainers: [{ name: 'fetch', image: '127.0.0.1:5000/busybox:no-such-tag', command: ['true'] }],
        containers: [app],
      }),
      pod('crashing', { initContainers: [container('check', 'sleep 1; exit 1')], containers: [app] }),
      pod('proxied', {
        ...brief,
        initContainers: [
          container('proxy', 'sleep 3; touch /tmp/ready; exec sleep 3600', {
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['test', '-f', '/tmp/ready'] }, periodSeconds: 1, failureThreshold: 30 },
          }),
          container('after', ['sleep', '40']),
        ],
        containers: [app],
      }),
      pod('steady', {
        ...brief,
        initContainers: [container('first', ['sleep', '1']), container('second', ['sleep', '2'])],
        containers: [app],
      }),
    ],
    later: [
      { at: 25, node: 'stopKubelet' },
      { at: 26, node: 'startKubelet' },
    ],
    courses: { pulling: { containers: { fetch: { everyMs: 12_000 } } }, proxied: { startToldApart: true } },
  },
  {
    name: 'kubelet-down-during-init',
    about:
      'The kubelet is dead for 30 s. Meanwhile one init container fails, one succeeds, one pod is created and one deleted.',
    nodeImages: { '1.36': [] },
    lasts: 105,
    begin: [
      pod('fails-meanwhile', { initContainers: [container('check', 'sleep 15; exit 1')], containers: [app] }),
      pod('succeeds-meanwhile', {
        ...brief,
        initContainers: [container('first', ['sleep', '15']), container('second', ['sleep', '3'])],
        containers: [app],
      }),
      pod('deleted-meanwhile', { ...brief, initContainers: [container('first', ['sleep', '600'])], containers: [app] }),
      pod('steady', {
        ...brief,
        initContainers: [container('first', ['sleep', '1']), container('second', ['sleep', '2'])],
        containers: [app],
      }),
    ],
    later: [
      { at: 12, node: 'stopKubelet' },
      { at: 18, deletePod: 'deleted-meanwhile' },
      {
        at: 20,
        apply: pod('created-meanwhile', {
          ...brief,
          initContainers: [container('first', ['sleep', '1'])],
          containers: [app],
        }),
      },
      { at: 42, node: 'startKubelet' },
    ],
  },
  {
    name: 'static-pod',
    about: 'A static pod from a file on the node: its mirror is deleted, its file is changed, its file is removed.',
    lasts: 145,
    begin: [],
    later: [
      { at: 1, staticPod: { file: 'static-web.yaml', manifest: staticWeb(4) } },
      { at: 45, deletePod: 'static-web-node-a' },
      { at: 65, staticPod: { file: 'static-web.yaml', manifest: staticWeb(2) } },
      { at: 110, staticPod: { file: 'static-web.yaml' } },
    ],
    courses: { 'static-web': [{ containers: { prepare: { endsHushed: [0] } } }, { beginningHushed: true }] },
    coursesOf: { '1.34': {}, '1.33': { 'static-web': [{}, { beginningHushed: true }] } },
  },
];
