import { describe, expect, it } from 'vitest';
import { canonicalOf } from './canonical-of.js';
import { CorpusRecorder, masking } from './recording-of.js';
import { reducePod, type Reduced } from '../../libs/recording/src/reducing/index.js';
import { frames, recordings, type Line } from '../recordings/reader.js';

describe.each(recordings())('the recording $scenario on kubelet $kubelet', (recording) => {
  const lines = frames(recording);

  it('folds to the reduced object at every frame', () => {
    const { looks } = new CorpusRecorder(false).record(lines);
    const folded = new Map<string, Record<string, unknown>>();

    const wrong = looks.flatMap(({ reduced, draft }) => {
      const stored = draft && (JSON.parse(draft.body) as { parts: Record<string, unknown> });
      const parts = { ...folded.get(reduced.uid), ...stored?.parts };
      for (const name of Object.keys(parts)) if (parts[name] === null) delete parts[name];
      folded.set(reduced.uid, parts);
      const expected = Object.fromEntries(
        [...reduced.parts].map(([name, text]) => [name, JSON.parse(text) as unknown]),
      );
      return canonicalOf(parts) === canonicalOf(expected) ? [] : [reduced.resourceVersion];
    });

    expect(looks.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it('writes nothing for a frame that changes nothing, and nothing more when every frame comes twice', () => {
    const twice = lines.flatMap((line): Line[] => ('frame' in line ? [line, line] : [line]));

    const once = new CorpusRecorder(false).record(lines).drafts;
    const again = new CorpusRecorder(false).record(twice).drafts;

    expect(new Set(again.map(({ eventId }) => eventId))).toEqual(new Set(once.map(({ eventId }) => eventId)));
  });

  it('gives every observation an identity of its own', () => {
    const { drafts } = new CorpusRecorder(true).record(lines);

    expect(new Set(drafts.map(({ eventId }) => eventId)).size).toBe(drafts.length);
  });

  it('reduces to the same bytes, whatever the order of keys and conditions in the object', () => {
    const { looks } = new CorpusRecorder(false).record(lines);

    const turned = looks.map(({ raw }) => partsOf(reducePod(reversed(raw) as typeof raw, masking)));

    expect(turned).toEqual(looks.map(({ reduced }) => partsOf(reduced)));
  });
});

const partsOf = ({ parts }: Reduced) => Object.fromEntries(parts);

/** The same object with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [
        key,
        key === 'conditions' ? (reversed(member) as unknown[]).toReversed() : reversed(member),
      ]),
  );
}
