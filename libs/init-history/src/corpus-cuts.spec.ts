/** Recorded watches through which only some frames came: what they tell, held against the whole. */
import { describe, expect, it } from 'vitest';
import { frames, recordings, type Recording } from '../../../test/recordings/reader.js';
import { containerOf, missedIn, nothingKnown, type PodHistory } from './history.js';
import { Watched } from './testing/index.js';
import { metaOf, objectsOf, type Told } from './testing/recorded.js';

/** Numbers that are the same in every run. */
class Random {
  constructor(private state: number) {}

  below(end: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 4_294_967_296) * end);
  }
}

/** A coin that falls the same way in every run. */
function coin(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 16) % 2 === 0;
  };
}

const looksOf = (recording: Recording): readonly (Told & { receivedAt: string })[] =>
  frames(recording)
    .filter((line) => line.resource === 'pods')
    .flatMap((line) => objectsOf(line).map((told) => ({ ...told, receivedAt: line.receivedAt })));

/** A watch through which only some frames came, as after gaps; the last of each pod did. */
function cut(looks: ReturnType<typeof looksOf>, keeps: () => boolean): Watched {
  const last = new Map(looks.map(({ object }, i) => [metaOf(object).uid, i]));
  const watched = new Watched();
  looks.forEach(({ type, object, receivedAt }, i) => {
    const gone = type === 'DELETED' ? { gone: 'deleted' as const } : {};
    const seen = keeps() || last.get(metaOf(object).uid) === i;
    if (seen) watched.look({ pod: object, receivedAt, via: 'relist', ...gone });
  });
  return watched;
}

/** What a cut watch tells of an init container that the whole one contradicts. */
function contradictions(part: PodHistory, whole: PodHistory): readonly string[] {
  return Object.values(part.containers).flatMap((known) => {
    const full = containerOf(whole, known.name);
    const wrong = known.attempts.filter((attempt) => {
      const truly = full.attempts.find(({ containerId }) => containerId === attempt.containerId);
      const ended = attempt.end !== null && attempt.end.outcome !== 'unknown';
      const same =
        !ended || (attempt.end.exitCode === truly?.end?.exitCode && attempt.end.finishedAt === truly.end.finishedAt);
      // Of an instance of which only the id was left to see, no start is told.
      const begun = attempt.startedAt === (truly?.startedAt ?? null) || (attempt.startedAt === null && !ended);
      return !truly || !same || !begun || attempt.cycle > truly.cycle;
    });
    const counted = known.attempts.length + missedIn(known);
    const truly = full.attempts.length + missedIn(full);
    const miscounted = whole.cycles.length === 1 ? counted !== truly : counted > truly;
    return [
      ...wrong.map(({ containerId }) => `${known.name}: ${containerId}`),
      ...(miscounted ? [`${known.name}: counts ${counted} of ${truly}`] : []),
    ];
  });
}

describe('any cut of a recorded watch', () => {
  it.each(recordings())(
    'tells the same facts or says what it missed: $kubelet $scenario',
    (recording) => {
      const keeps = coin(20_261_121);
      const looks = looksOf(recording);
      const whole = cut(looks, () => true);
      for (let round = 0; round < 5; round++) {
        const part = cut(looks, keeps);
        for (const [uid, history] of part.pods) {
          const found = contradictions(history, whole.pods.get(uid) ?? nothingKnown);
          expect({ uid, round, found }).toEqual({ uid, round, found: [] });
        }
      }
    },
    120_000,
  );
});

describe('a hundred cuts of recorded watches', () => {
  const all = recordings();

  it.each(Array.from({ length: 100 }, (_, nth) => nth))('no. %i: relisted, seen twice, pod after pod', (nth) => {
    const random = new Random(nth + 1);
    const recording = all[random.below(all.length)] ?? { scenario: 'sandbox-killed', kubelet: '1.36' };
    const looks = looksOf(recording);
    const whole = cut(looks, () => true);
    const from = random.below(looks.length);
    const to = from + random.below(looks.length - from);
    let place = -1;
    const once = cut(looks, () => ++place < from || place > to);
    const twice = cut(
      looks.flatMap((look) => [look, look]),
      () => true,
    );
    const podAfterPod = cut(
      looks.toSorted((a, b) => (metaOf(a.object).uid < metaOf(b.object).uid ? -1 : 1)),
      () => true,
    );

    for (const [uid, history] of whole.pods) {
      expect(contradictions(once.pods.get(uid) ?? nothingKnown, history)).toEqual([]);
      expect(told(twice, uid)).toEqual(told(whole, uid));
      expect(told(podAfterPod, uid)).toEqual(told(whole, uid));
    }
  });

  /** What is told of a pod, without the positions that prove it: those differ when pods are seen in another order. */
  const told = (watched: Watched, uid: string) =>
    (watched.happenings.get(uid) ?? []).map(({ id, type, at, basis, cycle }) => ({ id, type, at, basis, cycle }));
});
