/** Pods, Events, nodes, owners and namespaces come by watches of their own, which have no common order (semantics 6.4). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noContext, nothingKnown, podAccount, type Input, type KubeEvent } from './index.js';
import { anyLife, frameEpoch, frameUid, Watched, type Life } from './testing/index.js';

const time = (seconds: number): string => new Date(frameEpoch + seconds * 1_000).toISOString().replace('.000Z', 'Z');

const look = { reducer: 1, via: 'watch', resourceVersion: null, writes: [] } as const;

const words: readonly (readonly [reason: string, message: string])[] = [
  ['Scheduled', 'Successfully assigned default/any to node-a'],
  ['Pulling', 'Pulling image "busybox:1"'],
  ['Pulled', 'Successfully pulled image "busybox:1" in 1.2s (1.3s including waiting). Image size: 100 bytes.'],
  ['Created', 'Container created'],
  ['Started', 'Container started'],
  ['Failed', 'Error: ErrImagePull'],
  ['BackOff', 'Back-off restarting failed container init-0 in pod any_default(u)'],
  ['FailedMount', 'MountVolume.SetUp failed for volume "v" : secret "s" not found'],
  ['SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.'],
  ['Killing', 'Stopping container init-0'],
  ['TaintManagerEviction', 'Marking for deletion Pod default/any'],
];

const kubeEvent = fc
  .record({
    word: fc.constantFrom(...words),
    at: fc.integer({ min: 0, max: 400 }),
    init: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ word: [reason, message], at, init }): Input => {
    const event: KubeEvent = {
      uid: `00000000-0000-4000-8000-${String(at).padStart(6, '0')}${String(init).padStart(6, '0')}`,
      name: `any.${reason}.${at}`,
      namespace: 'default',
      involvedObject: {
        kind: 'Pod',
        namespace: 'default',
        name: 'any',
        uid: frameUid,
        fieldPath: `spec.initContainers{init-${init}}`,
      },
      reason,
      message,
      type: 'Normal',
      count: 1,
      firstTimestamp: time(at),
      lastTimestamp: time(at),
    };
    return { ...look, receivedAt: time(at), type: 'KubeEventObserved', event };
  });

const surrounding = fc.constantFrom<Input>(
  { ...look, receivedAt: time(0), type: 'NodeObserved', gone: false, parts: { metadata: { name: 'node-a' } } },
  {
    ...look,
    receivedAt: time(0),
    type: 'OwnerObserved',
    gone: false,
    parts: { metadata: { kind: 'Job', name: 'any' } },
  },
  { ...look, receivedAt: time(0), type: 'NamespaceObserved', gone: false, parts: { metadata: { name: 'default' } } },
);

/** What comes by other watches, and where among the looks: before the first, after the last, or between any two. */
const others = fc.array(fc.tuple(fc.oneof(kubeEvent, surrounding), fc.nat(60)), { maxLength: 12 });

/** Facts of the pod: what each init container did, and how each cycle ended. Times of phases may be known better by Events. */
function facts(life: Life, among: readonly (readonly [Input, number])[]): unknown {
  const watched = new Watched();
  const at = (place: number) => place % (life.looks.length + 1);
  const put = (place: number) => {
    for (const [input, where] of among) if (at(where) === place) watched.fold(frameUid, input);
  };
  life.looks.forEach((one, i) => {
    put(i);
    watched.look(one);
  });
  put(life.looks.length);
  const { state, cycles, initRestarts, status, ready, restarts } = podAccount(
    watched.pods.get(frameUid) ?? nothingKnown,
    frameEpoch + 86_400_000,
    noContext,
  );
  const told = cycles.map(({ number, cause, outcome, startedAt, endedAt, initContainers }) => ({
    number,
    cause,
    outcome,
    startedAt,
    endedAt,
    initContainers: initContainers.map(({ name, missedAttempts, attempts }) => ({
      name,
      missedAttempts,
      attempts: attempts.map(({ position: _of, observedAt: _when, categoryEvidence: _by, ...attempt }) => attempt),
    })),
  }));
  return { state, initRestarts, status, ready, restarts, cycles: told };
}

describe('what is told of a pod', () => {
  it('does not depend on when Events, nodes, owners and namespaces came, or whether they did', () => {
    fc.assert(
      fc.property(anyLife, others, (life, among) => {
        expect(facts(life, among)).toEqual(facts(life, []));
      }),
      { numRuns: 300 },
    );
  });
});
