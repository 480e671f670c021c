/** Logs of a few subjects that bear on each other, in any order that each of them allows. */
import * as fc from 'fast-check';
import type { Parts } from '#libs/init-history';
import type { Seen } from './ledger.js';
import {
  deploymentSeen,
  eventSeen,
  gapSeen,
  goodStart,
  initRuns,
  listSeen,
  namespaceSeen,
  newPod,
  nodeBooted,
  podGone,
  podSeen,
  replicaSetSeen,
  time,
  uid,
} from './seen.js';

const hash = '0123456789abcdef0123456789abcdef';

const condition = (type: string, status: string, at: number): Parts => ({
  [`condition.${type}`]: { type, status, lastTransitionTime: time(at) },
});

/** The sandbox of a pod that had started is lost at `at`, and its init container runs again in another one. */
const sandboxRecreated = (pod: number, at: number): readonly Seen[] => [
  podSeen(pod, at - 20, condition('PodReadyToStartContainers', 'True', at - 20)),
  podSeen(pod, at, condition('PodReadyToStartContainers', 'False', at)),
  podSeen(pod, at + 3, condition('PodReadyToStartContainers', 'True', at + 3)),
  podSeen(pod, at + 5, {
    'status.initContainer.migrate': {
      name: 'migrate',
      restartCount: 1,
      containerID: `containerd://${pod}-again`,
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: time(at + 4),
          finishedAt: time(at + 5),
          containerID: `containerd://${pod}-again`,
        },
      },
    },
  }),
];

const event = (pod: number, at: number, reason: string, version: string): Seen =>
  eventSeen(uid(pod), at, {
    name: `api-${pod}.${reason}.${at}`,
    reason,
    message: reason,
    involvedObject: { kind: 'Pod', namespace: 'shop', name: `api-${pod}`, uid: uid(pod), resourceVersion: version },
  });

/** What may be seen in any order: of pods what follows upon each other, and of their context anything at any time. */
const threads: readonly (readonly Seen[])[] = [
  [...goodStart(1, 10, 5), ...sandboxRecreated(1, 60)],
  [newPod(2, 12), initRuns(2, 13), podGone(2, 20)],
  [event(3, 14, 'Started', '100'), event(3, 15, 'Killing', '120'), event(3, 80, 'Killing', '120')],
  [event(4, 16, 'Pulled', '130'), newPod(4, 17), initRuns(4, 18)],
  [
    eventSeen(hash, 11, {
      reason: 'Pulled',
      message: 'Pulled',
      involvedObject: { kind: 'Pod', namespace: 'shop', uid: hash },
    }),
    newPod(5, 19, { annotations: { 'kubernetes.io/config.mirror': hash }, owner: null }),
  ],
  [nodeBooted(9, 'boot-1', 'v1.34.1'), nodeBooted(62, 'boot-2', 'v1.34.1')],
  [namespaceSeen(9)],
  [replicaSetSeen(9), deploymentSeen(10)],
  [gapSeen(22, 26), listSeen(26, '200'), gapSeen(70, 75, 'shop'), listSeen(75, '300')],
];

/** The threads as one log: which of them goes on, drawn each time. */
export const anyLog: fc.Arbitrary<readonly Seen[]> = fc
  .array(fc.nat({ max: threads.length - 1 }), { minLength: 30, maxLength: 60 })
  .map((draws): readonly Seen[] => {
    const left = threads.map((thread) => [...thread]);
    const log = draws.flatMap((which) => left[which]?.splice(0, 1) ?? []);
    return [...log, ...left.flat()];
  });
