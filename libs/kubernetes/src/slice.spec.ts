import { describe, expect, it } from 'vitest';
import { readFrame } from './frame.js';
import { Slice } from './slice.js';

const slices = (of: number) => Array.from({ length: of }, (_, nth) => new Slice(nth, of));
const names = Array.from({ length: 1_000 }, (_, nth) => `team-${nth}`);

const pod = (namespace: string, more: object = {}) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'web', generateName: 'we', namespace, uid: 'u', resourceVersion: '7', ...more },
});
const line = (object: object, type = 'MODIFIED') => JSON.stringify({ type, object });

describe('Slice', () => {
  it('has each namespace in exactly one, in every process the same', () => {
    for (const of of [2, 3, 7])
      expect(names.map((name) => slices(of).filter((slice) => slice.has(name)).length)).toEqual(names.map(() => 1));
    expect(['default', 'kube-system', 'shop'].map((name) => slices(3).findIndex((slice) => slice.has(name)))).toEqual([
      0, 0, 2,
    ]);
  });

  it('divides alike names evenly', () => {
    const counts = slices(4).map((slice) => names.filter((name) => slice.has(name)).length);

    expect(Math.min(...counts)).toBeGreaterThan(200);
  });

  it('refuses what is no part', () => {
    for (const [nth, of] of [
      [2, 2],
      [-1, 2],
      [0, 0],
      [0.5, 2],
    ] as const)
      expect(() => new Slice(nth, of)).toThrow(RangeError);
  });
});

describe('a frame', () => {
  const [slice] = slices(2) as [Slice];
  const ours = names.find((name) => slice.has(name)) ?? '';
  const others = names.find((name) => !slice.has(name)) ?? '';
  const read = (text: string) => readFrame(text, 'The watch', undefined, slice);
  const passed = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } };

  it('is read where it is of the slice', () => {
    expect(read(line(pod(ours)))).toEqual({ type: 'MODIFIED', object: pod(ours) });
    expect(read(line({ metadata: { name: ours, uid: 'u', resourceVersion: '7' } }))).toMatchObject({
      type: 'MODIFIED',
    });
  });

  it('only moves the position where it is not, however it is written', () => {
    const { kind, apiVersion, metadata } = pod(others);
    for (const object of [
      pod(others),
      { metadata, kind, apiVersion },
      pod(others, { generateName: undefined }),
      pod(others, { name: 'with "quotes"' }),
      { kind: 'Namespace', apiVersion: 'v1', metadata: { name: others, uid: 'u', resourceVersion: '7' } },
    ])
      for (const type of ['ADDED', 'MODIFIED', 'DELETED']) expect(read(line(object, type))).toMatchObject(passed);
  });

  it('is a BOOKMARK or an ERROR as ever', () => {
    const bookmark = { kind: 'Pod', metadata: { resourceVersion: '9' } };
    expect(read(line(bookmark, 'BOOKMARK'))).toEqual({ type: 'BOOKMARK', object: bookmark });
    expect(() => read(line({ kind: 'Status', code: 410 }, 'ERROR'))).toThrow(/410/);
  });
});
