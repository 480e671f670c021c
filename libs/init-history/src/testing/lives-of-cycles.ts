/** Lives in which every kind of happening of a sandbox and a cycle is told. */
import { ended, passed, running, second, type Frame } from './frame.js';
import { synthetic, begun, failing, lost, again, rerun, inPlace, removed } from './scene-frames.js';
import { Scene } from './scene.js';

export const livesOfCycles: readonly (readonly [string, () => Scene])[] = [
  [
    'a sandbox that is lost, is suspected to be followed, and is, with a container left out',
    () =>
      new Scene()
        .node(0, {})
        .look(3, begun)
        .look(9, passed)
        .look(99, lost)
        .look(101, again)
        .look(102, rerun)
        .look(104, { ...again, a: ended('a1', [101, 102], 0, 1), app: running('app1', 103, 1) }),
  ],
  [
    'a sandbox whose loss only its time tells',
    () => new Scene().look(3, begun).look(9, passed).look(102, rerun, { via: 'relist' }),
  ],
  [
    'a sandbox that is lost under what runs at the first look, and again before anybody saw another',
    () =>
      new Scene()
        .look(9, { ...begun, ready: ['False', 8] })
        .look(12, { ...begun, ready: ['False', 11] })
        .look(14, {
          a: { ...running('a1', 13, 1), lastState: { terminated: synthetic('ContainerStatusUnknown') } },
          ready: ['True', 12],
        }),
  ],
  [
    'a sandbox that turns to and fro within one second',
    () => {
      const of = (status: string): Frame => ({ ...begun, ready: [status, 4] });
      return ['True', 'False', 'True', 'False', 'True'].reduce(
        (scene, status) => scene.look(4, of(status)),
        new Scene(),
      );
    },
  ],
  [
    'a sandbox that could not be made whole',
    () =>
      new Scene()
        .look(3, {})
        .look(5, { ready: ['False', 4] })
        .look(7, { ready: ['True', 6] }),
  ],
  [
    'a sandbox that is lost in its turn before what ran in it is shown',
    () =>
      new Scene()
        .look(5, failing)
        .look(7, { ...failing, ready: ['False', 6] })
        .look(9, { ...failing, ready: ['True', 8] })
        .look(14, { a: ended('a1', [9, 10], 1, 1), ready: ['False', 13] })
        .look(22, { a: ended('a1', [9, 10], 1, 1), ready: ['True', 21] })
        .look(25, { a: ended('a2', [23, 24], 1, 2), ready: ['True', 21] }),
  ],
  [
    'containers that are all restarted in place, one of them before its end could be shown',
    () =>
      new Scene()
        .look(4, { a: ended('a0', [3, 4]), ...inPlace('False', 1) })
        .look(20, { a: removed('a0'), b: removed('b0'), ...inPlace('True', 20) })
        .look(21, { a: removed('a0'), b: removed('b0'), ...inPlace('False', 20) })
        .look(23, {
          a: { ...ended('a1', [21, 22], 0, 1), lastState: { terminated: synthetic('RestartingAllContainers') } },
          b: { ...running('b1', 23, 1), lastState: { terminated: synthetic('RestartingAllContainers') } },
          ...inPlace('False', 20),
        }),
  ],
  [
    'containers that had all been restarted when the pod was found',
    () =>
      new Scene().look(30, {
        a: { ...running('a1', 21, 1), lastState: { terminated: synthetic('RestartingAllContainers') } },
        ...inPlace('False', 20),
      }),
  ],
  [
    'a node that booted, of which is learnt after the cycle that its boot began',
    () =>
      new Scene()
        .node(0, {})
        .look(3, begun)
        .look(99, { ...begun, ready: ['False', 98] })
        .look(102, {
          a: { ...running('a1', 101, 1), lastState: { terminated: synthetic('ContainerStatusUnknown') } },
          ready: ['True', 100],
        })
        .node(103, { bootId: 'boot-2' }),
  ],
  [
    'a node that booted, by the time of its boot',
    () =>
      new Scene()
        .node(0, {})
        .look(9, passed)
        .node(99, { bootId: 'boot-2', boot: { at: second(99), notBefore: second(90) } })
        .look(102, rerun),
  ],
  [
    'a kubelet whose version becomes known after the sandbox',
    () =>
      new Scene()
        .node(0, { kubeletVersion: null })
        .look(3, begun)
        .node(4, { kubeletVersion: 'v1.34.2' })
        .node(5, { kubeletVersion: 'v1.35.0' }),
  ],
  [
    'a pod that is found in a later cycle',
    () =>
      new Scene().look(1006, {
        ...passed,
        a: ended('a1', [1000, 1002], 0, 1),
        b: ended('b1', [1003, 1004]),
        app: running('app1', 1005, 1),
        ready: ['True', 999],
      }),
  ],
  [
    'a first pass whose end was not seen, and a second',
    () => new Scene().look(3, begun).look(102, { ...rerun, initialized: ['True', 8] }, { via: 'relist' }),
  ],
  [
    'sandboxes that go one after another, seen and unseen, and nothing runs in them',
    () =>
      new Scene()
        .look(3, begun)
        .look(9, { ...passed, status: lost.status ?? {} })
        .look(99, lost)
        .look(101, again)
        .look(111, { ...again, ready: ['False', 110] })
        .look(113, { ...again, ready: ['True', 112] })
        .look(121, { ...again, ready: ['True', 120] })
        .look(131, { ...again, ready: ['True', 130] })
        .look(132, { ...again, ready: ['False', 130] })
        .look(133, { ...again, ready: ['True', 130] }),
  ],
  [
    'a sandbox that is lost when all was done, and whose app is started again after all',
    () => {
      const spec = { restartPolicy: 'OnFailure' };
      return new Scene()
        .look(3, { ...begun, spec })
        .look(9, { ...passed, spec })
        .look(99, { ...lost, spec, app: ended('app0', [9, 98]) })
        .look(101, { ...lost, spec, app: ended('app1', [99, 100], 1, 1) });
    },
  ],
  [
    'a pass whose app container began without an init container that never had an instance',
    () =>
      new Scene()
        .look(3, begun)
        .look(99, { ...begun, ready: ['False', 98] })
        .look(101, { a: running('a1', 100, 1), ready: ['True', 99] })
        .look(104, { a: ended('a1', [100, 102], 0, 1), ready: ['True', 99], app: running('app0', 103) }),
  ],
  [
    'two passes that leave init containers out',
    () =>
      new Scene()
        .look(3, begun)
        .look(9, passed)
        .look(99, lost)
        .look(104, { ...again, app: running('app1', 103, 1) })
        .look(199, { ...lost, ready: ['False', 198], app: running('app1', 103, 1) })
        .look(204, { ...again, ready: ['True', 200], app: running('app2', 203, 2) }),
  ],
  [
    'a kubelet of 1.36 whose version becomes known late',
    () => new Scene().node(0, { kubeletVersion: null }).look(3, begun).node(4, {}),
  ],
  [
    'a kubelet whose version becomes known in the second pass',
    () =>
      new Scene()
        .node(0, { kubeletVersion: null })
        .look(3, begun)
        .look(9, passed)
        .look(99, lost)
        .look(101, again)
        .look(102, rerun)
        .node(103, { kubeletVersion: 'v1.34.2' }),
  ],
];
