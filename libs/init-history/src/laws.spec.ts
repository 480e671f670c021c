/** The laws of folding and deriving, for any life of a pod and for anything a store may hold. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, noContext, nothingKnown, podAccount, withinCycle, type PodHistory } from './index.js';
import type { Input, Recorded } from './advance.js';
import { anyLife as lives, frameEpoch as from, frameUid as uid, Watched, type Life } from './testing/index.js';

function folded(life: Life, keep: (i: number) => boolean = () => true): Watched {
  const watched = new Watched();
  life.looks.forEach((look, i) => {
    if (keep(i)) watched.look(look);
  });
  return watched;
}

const historyOf = (watched: Watched): PodHistory => watched.pods.get(uid) ?? nothingKnown;
const at = from + 3_600_000;
const accountOf = (watched: Watched) => podAccount(historyOf(watched), at, noContext);

const told = (watched: Watched) =>
  accountOf(watched).cycles.flatMap((cycle) =>
    cycle.initContainers.flatMap(({ name, attempts }) =>
      attempts.map(({ containerId, startedAt, finishedAt, exitCode }) => ({
        container: name,
        containerId,
        startedAt,
        finishedAt,
        exitCode,
      })),
    ),
  );

describe('any life of a pod', () => {
  it('is told as it was: every attempt with its times and exit code, and whether it completed', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const watched = folded(life);
        expect(told(watched)).toEqual(life.attempts);
        expect(accountOf(watched).state === 'initialized').toBe(life.completed);
      }),
    );
  });

  it('gives nothing new when it is looked at twice', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const watched = folded(life);
        const recorded = watched.recorded.get(uid) ?? [];
        const again = recorded.map((one) => advance(historyOf(watched), one, noContext));
        expect(again.flatMap(({ happenings }) => happenings)).toEqual([]);
        const last = life.looks.at(-1);
        const before = watched.happenings.get(uid)?.length;
        if (last) watched.look({ ...last, via: 'relist' });
        expect(watched.happenings.get(uid)?.length).toBe(before);
      }),
    );
  });

  it('restated whole, adds no happening', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const history = historyOf(folded(life));
        const look = {
          reducer: 1,
          via: 'restated',
          resourceVersion: null,
          receivedAt: '2026-11-21T09:00:00.000Z',
          writes: [],
        } as const;
        const restated = {
          position: 10_000,
          recordedAt: look.receivedAt,
          observation: { ...look, type: 'PodObserved' as const, parts: history.parts },
        };
        expect(advance(history, restated, noContext).happenings).toEqual([]);
      }),
    );
  });

  it('folds to the same from a stored prefix on as from the beginning', () => {
    fc.assert(
      fc.property(lives, fc.nat(), (life, cut) => {
        const recorded = folded(life).recorded.get(uid) ?? [];
        const k = cut % (recorded.length + 1);
        const fold = (history: PodHistory, part: readonly Recorded<Input>[]): PodHistory =>
          part.reduce((known, one) => advance(known, one, noContext).history, history);
        const stored = JSON.parse(JSON.stringify(fold(nothingKnown, recorded.slice(0, k)))) as PodHistory;
        expect(fold(stored, recorded.slice(k))).toEqual(fold(nothingKnown, recorded));
      }),
    );
  });

  it('seen through any gap, invents no attempt and counts what it missed', () => {
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.boolean()), (life, coin) => {
        const keep = life.looks.map((_, i) => coin.next().value === true || i === life.looks.length - 1);
        const watched = folded(life, (i) => keep[i] ?? false);
        const truth = new Map(life.attempts.map((attempt) => [attempt.containerId, attempt]));
        for (const attempt of told(watched)) {
          // How one ended that was seen to run and replaced unseen is not known: all else is exact.
          const unseen = attempt.exitCode === null ? { finishedAt: null, exitCode: null } : {};
          expect(attempt).toEqual({ ...truth.get(attempt.containerId), ...unseen });
        }
        for (const { name, attempts, missedAttempts } of accountOf(watched).cycles.flatMap(
          (cycle) => cycle.initContainers,
        )) {
          const ran = life.attempts.filter(({ container }) => container === name).length;
          expect(attempts.length + missedAttempts).toBe(ran);
        }
        expect(accountOf(watched).state).toBe(accountOf(folded(life)).state);
      }),
    );
  });

  it('has phases of time that are never negative and sum to the whole', () => {
    fc.assert(
      fc.property(lives, fc.nat({ max: 2_000_000 }), (life, later) => {
        const account = podAccount(historyOf(folded(life)), from + later, noContext);
        for (const { duration, phases } of account.cycles) {
          const within = phases
            .filter(({ phase }) => withinCycle.has(phase))
            .map((slice) => slice.duration.seconds ?? Number.NaN);
          expect(within.every((seconds) => seconds >= 0)).toBe(true);
          expect(within.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(duration.seconds ?? Number.NaN, 6);
        }
      }),
    );
  });
});

describe('anything that a store may hold', () => {
  const names = fc.constantFrom(
    'metadata',
    'deletion',
    'spec',
    'status',
    'condition.Initialized',
    'condition.PodReadyToStartContainers',
    'condition.PodScheduled',
    'condition.AllContainersRestarting',
    'spec.initContainer.a',
    'spec.container.m',
    'status.initContainer.a',
    'status.container.m',
    '__proto__',
  );
  const words = fc.constantFrom(
    'state',
    'lastState',
    'terminated',
    'running',
    'waiting',
    'startedAt',
    'name',
    'uid',
    'status',
    'labels',
    'ownerReferences',
    'lastTransitionTime',
    'exitCode',
    'message',
    'reason',
    'annotations',
    'startTime',
    'initContainers',
    'restartCount',
    'containerID',
    'deletionTimestamp',
  );
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue(),
      fc.constant('1970-01-01T00:00:00Z'),
      fc.constant('True'),
      tie('bag'),
    ),
    bag: fc.dictionary(words, tie('value'), { maxKeys: 6 }),
  }));
  const parts = fc.dictionary(names, fc.oneof(anything.bag, anything.value));
  const look = {
    reducer: 1,
    via: 'watch',
    resourceVersion: null,
    receivedAt: '2026-11-21T09:00:00.000Z',
    writes: [],
  } as const;

  it('is folded and told without throwing', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 5 }), (observations) => {
        let history = nothingKnown;
        observations.forEach((one, position) => {
          const observation = { ...look, type: 'PodObserved' as const, parts: one };
          history = advance(history, { position, recordedAt: look.receivedAt, observation }, noContext).history;
        });
        expect(podAccount(history, at, noContext).cycles.length).toBeLessThanOrEqual(observations.length * 3);
      }),
      { numRuns: 200 },
    );
  });

  it('is folded and told without throwing when any one value of a true pod is another', () => {
    fc.assert(
      fc.property(lives, fc.nat(), anything.value, (life, which, junk) => {
        const recorded = folded(life).recorded.get(uid) ?? [];
        let values = 0;
        JSON.stringify(recorded, (_, value: unknown) => (values++, value));
        let visited = 0;
        const spoilt = recorded.map((one) => {
          const { observation } = one;
          if (observation.type !== 'PodObserved') return one;
          const text = JSON.stringify(observation.parts, (_, value: unknown) =>
            ++visited === (which % values) + 1 ? junk : value,
          );
          return {
            ...one,
            observation: { ...observation, parts: JSON.parse(text ?? '{}') as object },
          } as Recorded<Input>;
        });
        const history = spoilt.reduce((known, one) => advance(known, one, noContext).history, nothingKnown);
        expect(podAccount(history, at, noContext).cycles.length).toBeLessThan(10);
      }),
      { numRuns: 200 },
    );
  });

  it('makes nobody invent an attempt: whatever is told was shown', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 6 }), (observations) => {
        const history = observations.reduce((known: PodHistory, one, position) => {
          const observation = { ...look, type: 'PodObserved' as const, parts: one };
          return advance(known, { position, recordedAt: look.receivedAt, observation }, noContext).history;
        }, nothingKnown);
        const shown = JSON.stringify(observations);
        const every = Object.values(history.containers).flatMap(({ attempts }) => attempts);
        expect(every.filter(({ containerId }) => !shown.includes(JSON.stringify(containerId)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is folded without throwing when it is an Event', () => {
    fc.assert(
      fc.property(anything.bag, (event) => {
        const observation = { ...look, type: 'KubeEventObserved', event } as unknown as Input;
        const { history } = advance(nothingKnown, { position: 0, recordedAt: look.receivedAt, observation }, noContext);
        expect(history.position).toBe(0);
      }),
    );
  });
});
