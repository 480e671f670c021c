import { describe, expect, it } from 'vitest';
import { frames, recordings, type Recording } from '../../../../test/recordings/reader.js';
import type { StoredObject } from './kube-object.js';
import { age, podCells } from './pod-cells.js';

type PodFrame = { object: StoredObject };
type TableFrame = { object: { metadata: { resourceVersion: string }; rows: { cells: string[] }[] } };

/** Every frame of a recording's pods, and beside it the cells that kube-apiserver printed for it. */
function printed(recording: Recording): { pod: StoredObject; cells: string[] }[] {
  const lines = frames(recording);
  const of = <T>(resource: string): T[] =>
    lines.flatMap((line) => (line.resource === resource && 'frame' in line ? [JSON.parse(line.frame) as T] : []));
  const rows = new Map(
    of<TableFrame>('podTable').map(({ object }) => [object.metadata.resourceVersion, object.rows[0]?.cells ?? []]),
  );
  return of<PodFrame>('pods').flatMap(({ object }) => {
    const cells = rows.get(object.metadata.resourceVersion);
    return cells?.[0] === object.metadata.name ? [{ pod: object, cells }] : [];
  });
}

/** Cells without the ages in them, which depend on when one looks. */
const ageless = (cells: readonly unknown[]): unknown[] =>
  cells.flatMap((cell, index) => (index === 4 ? [] : [String(cell).replace(/ \(.* ago\)$/, ' (ago)')]));

describe('podCells', () => {
  it.each(recordings().map((recording) => [`${recording.scenario} ${recording.kubelet}`, recording] as const))(
    'prints what kube-apiserver printed in %s',
    (_, recording) => {
      const all = printed(recording);

      expect(all.length).toBeGreaterThan(0);
      expect(all.map(({ pod }) => ageless(podCells(pod, Date.UTC(2026, 10, 21, 4))))).toEqual(
        all.map(({ cells }) => ageless(cells)),
      );
    },
  );
});

describe('age', () => {
  it.each([
    [-5_000, '<invalid>'],
    [-1_500, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [125_000, '2m5s'],
    [600_000, '10m'],
    [3 * 3_600_000, '3h'],
    [3 * 3_600_000 + 120_000, '3h2m'],
    [9 * 3_600_000 + 120_000, '9h'],
    [50 * 3_600_000, '2d2h'],
    [200 * 3_600_000, '8d'],
    [3 * 365 * 86_400_000, '3y'],
    [(3 * 365 + 4) * 86_400_000, '3y4d'],
  ])('of %d ms is %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
