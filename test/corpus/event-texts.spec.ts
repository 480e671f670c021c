import { describe, expect, it } from 'vitest';
import {
  advance,
  noContext,
  nothingKnown,
  type Happening,
  type Input,
  type KubeEventObserved,
} from '#libs/init-history';
import { frames, recordings } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';

/** Texts of recorded Events about pods that tell nothing we read. */
const knownUnread: readonly string[] = [];

/** What the store would hold of the Events of all recordings. */
const observed = (): readonly KubeEventObserved[] =>
  recordings().flatMap((recording) =>
    new CorpusRecorder(true)
      .record(frames(recording))
      .drafts.map(({ body }) => JSON.parse(body) as Input)
      .filter((one) => one.type === 'KubeEventObserved'),
  );

const told = (observation: KubeEventObserved): readonly Happening[] =>
  advance(nothingKnown, { position: 0, recordedAt: observation.receivedAt, observation }, noContext).happenings;

describe('the texts of all recorded Events', () => {
  it('are read, but for those that are listed', () => {
    const events = observed()
      .flatMap(told)
      .filter((one) => one.type === 'ClusterEventRecorded');
    const unread = events.filter(({ parsed }) => parsed === null).map(({ reason, message }) => `${reason}: ${message}`);
    expect([...new Set(unread)].toSorted()).toEqual(knownUnread);
    const kinds = new Set(events.map(({ parsed }) => parsed?.kind));
    expect(kinds.size).toBeGreaterThan(20);
  });
});
