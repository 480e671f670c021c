import { describe, expect, it } from 'vitest';
import { frames, recordings } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';

describe('what the corpus costs', () => {
  const drafts = recordings().flatMap((recording) => new CorpusRecorder(true).record(frames(recording)).drafts);
  const ofPods = drafts.filter(({ type }) => type !== 'KubeEventObserved');
  const ofEvents = drafts.filter(({ type }) => type === 'KubeEventObserved');
  const bytes = (some: typeof drafts) => some.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
  const pods = new Set(ofPods.map(({ streamId }) => streamId)).size;

  it('is about thirteen observations of a pod, many of them with crash loops', () => {
    expect(ofPods.length / pods).toBeGreaterThan(10);
    expect(ofPods.length / pods).toBeLessThan(14);
  });

  it('is less than 1,300 bytes for an observation of a pod, and less than 950 for an Event', () => {
    expect(bytes(ofPods) / ofPods.length).toBeLessThan(1_300);
    expect(bytes(ofEvents) / ofEvents.length).toBeLessThan(950);
  });

  it('is a third of what the pods are in the watch', () => {
    const watched = recordings().flatMap((recording) =>
      frames(recording).flatMap((line) => (line.resource === 'pods' && 'frame' in line ? [line.frame.length] : [])),
    );

    expect(bytes(ofPods)).toBeLessThan(watched.reduce((sum, length) => sum + length, 0) / 3);
  });
});
