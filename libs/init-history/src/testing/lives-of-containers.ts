/** Lives in which every kind of happening of an init container is told. */
import { end, ended, passed, running, waiting } from './frame.js';
import { written, synthetic, begun, failing, backOff, probed, sidecarOf, sized } from './scene-frames.js';
import { Scene } from './scene.js';

export const livesOfContainers: readonly (readonly [string, () => Scene])[] = [
  [
    'a container that fails, is backed off, and whose next instances were missed',
    () =>
      new Scene()
        .look(3, begun)
        .look(5, { ...failing, ...written(5, 'status') })
        .look(6, { a: backOff })
        .look(
          90,
          { a: { ...running('a4', 90, 4), lastState: { terminated: end('a3', [80, 85], 2) } } },
          { via: 'relist' },
        )
        .look(95, { a: { ...running('a5', 94, 2), lastState: { terminated: end('a4', [90, 92], 137) } } }),
  ],
  [
    'a container whose image is pulled with trouble, and that cannot be started',
    () => {
      const message = 'Back-off pulling image "tool:1"';
      return new Scene()
        .look(2, {})
        .look(3, { a: waiting('ErrImagePull') })
        .look(4, { a: waiting('ImagePullBackOff', { state: { waiting: { reason: 'ImagePullBackOff', message } } }) })
        .look(5, { a: waiting('ErrImagePull') })
        .look(9, {
          a: waiting('RunContainerError', {
            containerID: 'a0',
            lastState: {
              terminated: { ...end('a0', [3, 9], 128), reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' },
            },
          }),
        });
    },
  ],
  [
    'instances whose end is not told, and one of which it is in the end',
    () =>
      new Scene()
        .look(3, begun)
        .look(15, {
          a: waiting('PodInitializing', {
            restartCount: 1,
            lastState: { terminated: synthetic('ContainerStatusUnknown') },
          }),
        })
        .look(20, { a: { ...running('a1', 20, 1), lastState: { terminated: end('a0', [3, 15], 137) } } })
        .look(40, { a: { ...running('a4', 40, 4), lastState: { terminated: end('a3', [30, 35], 1) } } }),
  ],
  [
    'a container that is done by the word of a kubelet that does not know its instance',
    () =>
      new Scene().look(30, {
        ...passed,
        a: { restartCount: 0, state: { terminated: { ...synthetic('Completed'), exitCode: 0, message: 'as exited' } } },
      }),
  ],
  [
    'a sidecar that starts at once, is given another image, and others resources',
    () =>
      new Scene()
        .look(3, { ...sidecarOf('proxy:1'), a: running('a0', 3) })
        .look(5, { ...sidecarOf('proxy:2'), ...written(5, null, 'kubectl'), a: running('a0', 3) })
        .look(7, {
          ...sidecarOf('proxy:2'),
          a: { ...running('a1', 7, 1), lastState: { terminated: end('a0', [3, 6], 2) } },
        })
        .look(8, { ...sidecarOf('proxy:3'), a: ended('a1', [7, 8], 1, 1) })
        .look(9, {
          ...sidecarOf('proxy:3'),
          a: { ...running('a2', 9, 2), lastState: { terminated: end('a1', [7, 8], 1) } },
        }),
  ],
  [
    'a container that is resized',
    () => new Scene().look(3, sized('1')).look(5, { ...sized('2'), ...written(5, 'resize', 'kubectl') }),
  ],
  [
    'a sidecar that is seen started by a later write, and one that is seen passed',
    () =>
      new Scene()
        .look(3, { ...probed, a: { ...running('a0', 3), started: false } })
        .look(8, { ...probed, ...written(7, 'status'), a: running('a0', 3) })
        .look(9, {
          ...probed,
          a: { ...running('a1', 9, 1), started: false, lastState: { terminated: end('a0', [3, 8], 1) } },
        }),
  ],
  [
    'a sidecar that must have started, for the next one has begun',
    () => new Scene().look(12, { ...probed, a: { ...running('a0', 3), started: false }, b: running('b0', 9) }),
  ],
  [
    'instances of which only the id is shown, after others that were known and missed',
    () =>
      new Scene()
        .look(3, begun)
        .look(30, { a: { ...running('a3', 30, 3), lastState: { terminated: end('a2', [20, 25], 1) } } })
        .look(70, {
          a: {
            containerID: 'a6',
            restartCount: 7,
            state: { terminated: synthetic('ContainerStatusUnknown') },
            lastState: { terminated: end('a5', [60, 65], 1) },
          },
        })
        .look(90, {
          a: { ...running('a9', 90, 10), lastState: { terminated: synthetic('ContainerStatusUnknown') } },
        }),
  ],
  [
    'waits of several kinds, one after another',
    () =>
      new Scene()
        .look(3, {})
        .look(4, { a: waiting('ErrImagePull') })
        .look(5, { a: waiting('ImagePullBackOff') })
        .look(6, { a: waiting('CreateContainerConfigError') })
        .look(7, { a: waiting('ErrImagePull') })
        .look(9, { a: running('a0', 9) })
        .look(10, {
          a: waiting('CrashLoopBackOff', { containerID: 'a0', lastState: { terminated: end('a0', [9, 10], 1) } }),
        })
        .look(30, {
          a: waiting('CrashLoopBackOff', { containerID: 'a0', lastState: { terminated: end('a0', [9, 10], 1) } }),
        }),
  ],
  [
    'counts that fall more than once, also while nothing is shown',
    () =>
      new Scene()
        .look(3, { a: running('a4', 3, 4) })
        .look(5, { a: { ...running('a5', 5, 1), lastState: { terminated: end('a4', [3, 4], 1) } } })
        .look(7, { a: waiting('PodInitializing') })
        .look(9, { a: { ...running('a6', 9, 2) } }),
  ],
];
