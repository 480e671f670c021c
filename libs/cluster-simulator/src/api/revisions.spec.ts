import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredObject } from './kube-object.js';
import { Revisions } from './revisions.js';

const object = (name: string, at: number) =>
  ({ metadata: { name, resourceVersion: String(at) } }) as unknown as StoredObject;

describe('Revisions', () => {
  let revisions: Revisions;
  const write = (type: 'ADDED' | 'MODIFIED' | 'DELETED', key: string, at = 0) =>
    revisions.write({
      at,
      resource: 'pods',
      key,
      type,
      object: object(key, revisions.next),
      previous: revisions.get('pods', key),
    });
  const state = (revision: number) =>
    revisions
      .keysAt('pods', revision)
      .map((key) => `${key}@${revisions.objectAt('pods', key, revision)?.metadata.resourceVersion}`);

  beforeEach(() => {
    revisions = new Revisions({ maxRevisions: 100, maxAgeMs: 300_000 });
    write('ADDED', 'b');
    write('ADDED', 'a');
    write('MODIFIED', 'b');
    write('DELETED', 'a');
    write('ADDED', 'c');
  });

  it('can be read as of any point', () => {
    expect([1, 2, 3, 4, 5].map(state)).toEqual([['b@1'], ['a@2', 'b@1'], ['a@2', 'b@3'], ['b@3'], ['b@3', 'c@5']]);
    expect(revisions.count('pods')).toBe(2);
  });

  it('tell what was written since a point, and to listeners what is written later', () => {
    const heard: number[] = [];
    const stop = revisions.listen('pods', ({ revision }) => heard.push(revision));
    write('ADDED', 'd');
    stop();
    write('ADDED', 'e');

    expect(revisions.since('pods', 3)?.map(({ revision, type }) => `${revision} ${type}`)).toEqual([
      '4 DELETED',
      '5 ADDED',
      '6 ADDED',
      '7 ADDED',
    ]);
    expect(heard).toEqual([6]);
  });

  it('forget what was before a compaction, and keep the state at it', () => {
    revisions.compact(4);

    expect(() => state(3)).toThrow('compacted');
    expect(revisions.since('pods', 3)).toBeUndefined();
    expect(state(4)).toEqual(['b@3']);
    expect(revisions.since('pods', 4)?.map(({ revision }) => revision)).toEqual([5]);
  });

  it('are compacted by age, on a later write', () => {
    write('ADDED', 'late', 1_000_000);

    expect(revisions.compacted).toBe(5);
    expect(state(5)).toEqual(['b@3', 'c@5']);
  });

  it('are compacted by number', () => {
    for (let index = 0; index < 200; index++) write('MODIFIED', 'b');

    const kept = revisions.current - revisions.compacted;
    expect(kept).toBeGreaterThanOrEqual(99);
    expect(kept).toBeLessThanOrEqual(111);
  });

  it('go back to a backup and give its numbers out again', () => {
    revisions.restore(2);
    const next = write('MODIFIED', 'a');

    expect(next.revision).toBe(3);
    expect(state(3)).toEqual(['a@3', 'b@1']);
    expect(revisions.since('pods', 2)?.map(({ key }) => key)).toEqual(['a']);
    expect(revisions.count('pods')).toBe(2);
  });
});
