/** Lives in which every kind of happening of a whole pod is told. */
import { ended, frameUid, passed, running, second, waiting, type Frame } from './frame.js';
import { scheduling, bound, assigned, begun, failing, disrupted, deleting, refused, mirror } from './scene-frames.js';
import { Scene } from './scene.js';

export const livesOfPods: readonly (readonly [string, () => Scene])[] = [
  [
    'a pod that is gated, finds no node, is bound, and initialized',
    () =>
      new Scene()
        .look(0, scheduling('SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'))
        .look(3, scheduling('Unschedulable', '0/3 nodes are available'))
        .look(4, scheduling('Unschedulable', '0/4 nodes are available'))
        .look(5, scheduling('Unschedulable', '0/3 nodes are available'))
        .node(8, {})
        .look(9, bound)
        .look(10, { ...assigned, ready: ['False', 10], status: { hostIP: '10.1.0.1' } })
        .look(12, { ...assigned, ready: ['True', 12], a: waiting('PodInitializing') })
        .look(13, { ...assigned, ready: ['True', 12], a: running('a0', 13) })
        .look(14, { ...assigned, ready: ['True', 12], a: ended('a0', [13, 14]), b: running('b0', 14) })
        .look(15, { ...assigned, ready: ['True', 12], a: ended('a0', [13, 14]), b: ended('b0', [14, 15]) })
        .look(16, { ...passed, ...assigned, ready: ['True', 12], a: ended('a0', [13, 14]), b: ended('b0', [14, 15]) }),
  ],
  ['a pod that is found initialized', () => new Scene().node(0, {}).look(20, passed, { via: 'initialList' })],
  [
    'a pod whose names and times are not known',
    () => new Scene().look(1, { metadata: { name: null, namespace: null, creationTimestamp: null } }),
  ],
  [
    'a pod whose end is known from the condition, its last one only from a bound',
    () =>
      new Scene().look(9, { a: ended('a0', [3, 5]) }).look(13, { a: ended('a0', [3, 5]), initialized: ['True', 12] }),
  ],
  [
    'a pod whose end is known from its app container',
    () => new Scene().look(2, {}).look(20, { app: running('app0', 19), a: ended('a0', [3, 5]) }, { via: 'relist' }),
  ],
  [
    'a pod that fails of its own',
    () =>
      new Scene().look(3, { ...begun, spec: { restartPolicy: 'Never' } }).look(6, {
        spec: { restartPolicy: 'Never' },
        a: ended('a0', [3, 5], 3),
        status: { phase: 'Failed', message: 'm' },
      }),
  ],
  [
    'a pod that is evicted',
    () =>
      new Scene().look(3, begun).look(9, {
        a: ended('a0', [3, 8], 137),
        status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
      }),
  ],
  [
    'a pod whose disruption is announced, and then its deletion',
    () =>
      new Scene()
        .look(3, begun)
        .look(20, { ...begun, ...disrupted('DeletionByTaintManager') })
        .look(21, { ...deleting, ...disrupted('DeletionByTaintManager') }),
  ],
  [
    'a pod that is deleted, and was initialized before',
    () =>
      new Scene()
        .look(3, begun)
        .look(21, deleting)
        .look(23, { ...passed, metadata: deleting.metadata ?? {} })
        .look(
          24,
          { ...passed, metadata: deleting.metadata ?? {}, status: { phase: 'Succeeded' } },
          { gone: 'deleted' },
        ),
  ],
  ['a pod that its node refuses', () => new Scene().look(1, bound).look(2, refused('OutOfcpu'))],
  [
    'a pod that its node refuses because it is shutting down',
    () => new Scene().look(1, bound).look(2, refused('NodeShutdown')),
  ],
  [
    'a pod that a list left out twice, is seen again twice, deleted again',
    () =>
      new Scene()
        .look(3, begun)
        .missing(3, 9)
        .look(10, { a: running('a0', 3), b: waiting('x') }, { via: 'relist' })
        .missing(10, 19)
        .look(20, { ...begun, b: waiting('y') }, { via: 'relist' })
        .look(21, deleting)
        .look(22, { ...deleting, b: waiting('z') }, { gone: 'deleted' }),
  ],
  [
    'a pod that goes before its node has accepted it',
    () => new Scene().look(1, bound).look(2, { ...bound, b: waiting('z') }, { gone: 'deleted' }),
  ],
  [
    'a pod of a mirror, after another mirror of its manifest',
    () => {
      const scene = new Scene();
      const mirrors = [
        { podUid: 'other-1', position: 0 },
        { podUid: 'other-2', position: 0 },
        { podUid: frameUid, position: 0 },
      ];
      scene.watched.context = { ...scene.watched.context, mirrors };
      return scene.look(5, { metadata: { creationTimestamp: second(4), annotations: mirror('static-1') }, ...begun });
    },
  ],
  [
    'conditions that turn, turn back within a second, and go',
    () => {
      const of = (status: string): Frame => ({
        ...begun,
        conditions: [{ type: 'Ready', status, reason: 'R', message: 'm', lastTransitionTime: second(3) }],
      });
      return new Scene()
        .look(3, of('False'))
        .look(4, of('True'))
        .look(5, of('False'))
        .look(6, of('True'))
        .look(7, begun);
    },
  ],
  [
    'a gap, and what is seen after it',
    () => new Scene().look(3, begun).gap([4, 20], 1).look(20, failing, { via: 'relist' }),
  ],
  [
    'Events of a pod',
    () =>
      new Scene()
        .look(2, {})
        .event(
          3,
          'Pulled',
          'Successfully pulled image "tool:1" in 1.5s (2.5s including waiting). Image size: 1234 bytes.',
          {
            involvedObject: { uid: frameUid, fieldPath: 'spec.initContainers{a}' },
          },
        )
        .event(5, 'FailedMount', 'MountVolume.SetUp failed for volume "v"', { type: 'Warning', count: 3 })
        .event(9, 'FailedMount', 'MountVolume.SetUp failed for volume "v"', { type: 'Warning', count: 7 })
        .event(9, 'FailedMount', 'MountVolume.SetUp failed for volume "v"', { type: 'Warning', count: 7 })
        .event(10, 'Unknown', '', {
          type: null,
          source: null,
          reason: null,
          reportingComponent: 'controller',
          series: { count: 2, lastObservedTime: '2026-11-21T08:00:10.123456Z' },
        }),
  ],
  [
    'a pod that Events alone tell of',
    () =>
      new Scene()
        .event(1, 'Scheduled', 'Successfully assigned n/p to node-b', { source: { component: 'default-scheduler' } })
        .event(3, 'Started', 'Started container migrate', {
          involvedObject: {
            kind: 'Pod',
            namespace: 'n',
            name: 'p',
            uid: frameUid,
            resourceVersion: '101',
            fieldPath: 'spec.initContainers{migrate}',
          },
        })
        .listed(9, '200'),
  ],
  [
    'a pod without init containers, which is deleted before it is told to be initialized',
    () =>
      new Scene().look(3, { spec: { initContainers: [] }, status: { initContainerStatuses: [] } }).look(21, {
        spec: { initContainers: [] },
        status: { initContainerStatuses: [] },
        metadata: deleting.metadata ?? {},
      }),
  ],
  [
    'a pod without init containers, which is initialized',
    () =>
      new Scene()
        .look(3, { spec: { initContainers: [] }, status: { initContainerStatuses: [] } })
        .look(4, { spec: { initContainers: [] }, status: { initContainerStatuses: [] }, initialized: ['True', 4] }),
  ],
  [
    'a pod of which only the condition tells that it is initialized',
    () => new Scene().look(3, {}).look(13, { initialized: ['True', 12] }),
  ],
  [
    'a pod that fails before anything of it ran, for an odd reason',
    () => new Scene().look(3, {}).look(4, { status: { phase: 'Failed', reason: 'Odd', message: 'm' } }),
  ],
  [
    'a pod that fails before anything of it ran, for no reason',
    () => new Scene().look(3, {}).look(4, { status: { phase: 'Failed' } }),
  ],
  [
    'a pod that a silent node’s controller marks, and then somebody deletes',
    () =>
      new Scene().look(3, begun).look(21, {
        ...begun,
        metadata: deleting.metadata ?? {},
        status: { reason: 'NodeLost', message: 'Node node-a is unresponsive' },
      }),
  ],
  [
    'a pod that is held up, and disrupted, without a reason',
    () => {
      const turned = (type: string, status: string) => ({ type, status, lastTransitionTime: second(0) });
      return new Scene()
        .look(0, { ...bound, status: { ...bound.status, conditions: [turned('PodScheduled', 'False')] } })
        .look(3, { ...begun, conditions: [turned('DisruptionTarget', 'True')] })
        .look(4, { ...begun, a: waiting('x'), conditions: [turned('DisruptionTarget', 'True')] })
        .look(5, { ...begun, conditions: [turned('DisruptionTarget', 'False'), turned('Ready', 'False')] });
    },
  ],
  [
    'Events without a name, of a series, and one that is made again',
    () => {
      const series = (count: number, seconds: number) => ({
        series: { count, lastObservedTime: `2026-11-21T08:00:0${seconds}.123456Z` },
        count: null,
        firstTimestamp: null,
        lastTimestamp: null,
        eventTime: '2026-11-21T08:00:03.000001Z',
        type: 'Warning',
      });
      return new Scene()
        .look(2, {})
        .event(3, 'BackOff', 'Back-off restarting failed container', { name: null })
        .event(4, 'FailedMount', 'm', series(2, 4))
        .event(5, 'FailedMount', 'm', series(3, 5))
        .event(6, 'FailedMount', 'm', { ...series(4, 6), uid: 'another' })
        .event(7, 'Pulling', 'Pulling image "tool:1"', {
          involvedObject: { uid: frameUid, fieldPath: 'spec.initContainers{a}' },
        })
        .event(8, 'Pulled', 'Successfully pulled image "tool:1" in 1s (1s including waiting)', {
          involvedObject: { uid: frameUid, fieldPath: 'spec.initContainers{a}' },
        });
    },
  ],
  [
    'a pod that Events alone told of, the last of which proves nothing, and that is seen after all',
    () =>
      new Scene()
        .event(1, 'Scheduled', 'Successfully assigned n/p to node-b', { source: { component: 'default-scheduler' } })
        .event(3, 'Odd', 'odd')
        .listed(9, '200')
        .look(12, begun),
  ],
  [
    'a pod without init containers, which fails',
    () => {
      const spec = { initContainers: [], restartPolicy: 'Never' };
      return new Scene()
        .look(3, { spec, status: { initContainerStatuses: [] } })
        .look(4, { spec, status: { initContainerStatuses: [], phase: 'Failed' } });
    },
  ],
  [
    'a pod whose sidecar started at once, and whose last init container nobody saw',
    () =>
      new Scene()
        .look(5, { sidecar: true, a: running('a0', 4) })
        .look(13, { sidecar: true, a: running('a0', 4), initialized: ['True', 12] }),
  ],
  [
    'a pod that nobody says when it was scheduled, nor when its sidecar started',
    () =>
      new Scene().look(3, {
        sidecar: true,
        a: { containerID: 'a0', restartCount: 0, started: true, state: { running: {} } },
        conditions: [{ type: 'PodScheduled', status: 'True' }],
      }),
  ],
];
