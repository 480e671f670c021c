/** The laws of happenings: made of facts, told once, proven by what was seen; for any life of a pod. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, noContext, nothingKnown, type Via } from './index.js';
import type { Input, Recorded } from './advance.js';
import { anyLife, frameEpoch, frameUid, happeningsOf, Watched, type Life } from './testing/index.js';

const look = { reducer: 1, via: 'watch', receivedAt: '2026-11-21T09:00:00.000Z', writes: [] } as const;

function folded(life: Life, keep: () => boolean = () => true): Watched {
  const watched = new Watched();
  for (const one of life.looks) if (keep()) watched.look(one);
  return watched;
}

describe('the happenings of any life of a pod', () => {
  const idsOf = (watched: Watched): readonly string[] => happeningsOf(watched).map(({ id }) => id);
  const spoken = (recorded: readonly Recorded<Input>[]): readonly string[] => {
    let history = nothingKnown;
    return recorded.flatMap((one) => {
      const advanced = advance(history, one, noContext);
      history = advanced.history;
      return advanced.happenings.map(({ id }) => id);
    });
  };

  it('have the same ids wherever, whenever and however it was seen: they are made of facts', () => {
    fc.assert(
      fc.property(
        anyLife,
        fc.nat(1e6),
        fc.nat(1e6),
        fc.constantFrom<Via>('watch', 'relist'),
        (life, ahead, late, via) => {
          const watched = folded(life);
          const elsewhere = (watched.recorded.get(frameUid) ?? []).map(({ position, observation }): Recorded<Input> => {
            const receivedAt = new Date(Date.parse(observation.receivedAt) + late).toISOString();
            return {
              position: position + ahead,
              recordedAt: receivedAt,
              observation: { ...observation, receivedAt, via },
            };
          });
          expect(spoken(elsewhere).toSorted()).toEqual(idsOf(watched).toSorted());
        },
      ),
    );
  });

  it('are told once, also where two recorders wrote every look', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        const watched = folded(life);
        const twice = (watched.recorded.get(frameUid) ?? []).flatMap((one) => [
          { ...one, position: one.position * 2 },
          { ...one, position: one.position * 2 + 1 },
        ]);
        expect(spoken(twice)).toEqual(idsOf(watched));
      }),
    );
  });

  it('have ids of their own, through any gap, and however often a condition turns within one second', () => {
    const turns = fc.array(fc.record({ status: fc.constantFrom('True', 'False'), second: fc.nat({ max: 2 }) }));
    const flapping = turns.map((list) => list.toSorted((a, b) => a.second - b.second));
    fc.assert(
      fc.property(anyLife, fc.infiniteStream(fc.boolean()), flapping, (life, coin, flaps) => {
        const watched = folded(life, () => coin.next().value === true);
        flaps.forEach(({ status, second }, i) => {
          const lastTransitionTime = new Date(frameEpoch + 600_000 + second * 1000).toISOString();
          const type = 'PodReadyToStartContainers';
          const parts = { [`condition.${type}`]: { type, status, lastTransitionTime } };
          watched.fold(frameUid, { ...look, type: 'PodObserved', parts, resourceVersion: String(i) });
        });
        const ids = idsOf(watched);
        expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
      }),
    );
  });

  it('prove themselves: by a look at or before their own, the last of which is it', () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        for (const { evidence, basis, rule } of happeningsOf(folded(life))) {
          expect(evidence).toEqual(evidence.toSorted((a, b) => a - b));
          expect(basis === 'inferred').toBe(rule !== null);
        }
      }),
    );
  });
});
