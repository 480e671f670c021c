import { assert, dictionary, integer, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences, withoutNames } from './differences.js';

describe('differences', () => {
  it('name the field, and what each side says', () => {
    expect(
      differences(
        { state: 'failed', duration: { seconds: 7, lo: 7 } },
        { state: 'failed', duration: { seconds: 8, lo: 7 } },
      ),
    ).toEqual([{ path: 'duration.seconds', from: 7, to: 8 }]);
  });

  it('know what is in a list by its own name', () => {
    const from = [
      { name: 'a', attempts: [{ containerId: 'x', exitCode: 1 }] },
      { name: 'b', attempts: [] },
    ];
    const to = [
      { name: 'b', attempts: [] },
      {
        name: 'a',
        attempts: [
          { containerId: 'w', exitCode: 0 },
          { containerId: 'x', exitCode: 2 },
        ],
      },
    ];

    expect(differences({ init: from }, { init: to })).toEqual([
      { path: 'init[a].attempts[x].exitCode', from: 1, to: 2 },
      { path: 'init[a].attempts[w]', from: null, to: { containerId: 'w', exitCode: 0 } },
    ]);
  });

  it('take what is absent for what is null', () => {
    expect(differences({ a: null }, {})).toEqual([]);
    expect(differences({ a: null }, { a: 0 })).toEqual([{ path: 'a', from: null, to: 0 }]);
  });

  it('are none between equals, and one where one field is another', () => {
    assert(
      property(jsonValue(), (value) => {
        expect(differences(value, structuredClone(value))).toEqual([]);
      }),
    );
    assert(
      property(dictionary(string(), integer()), string(), (one, key) => {
        const other = { ...one, [key]: (own(one, key) ?? 0) + 1 };
        expect(differences(one, other)).toHaveLength(1);
      }),
    );
  });

  it('are counted without the names of what is in lists', () => {
    expect(withoutNames('cycles[1].initContainers[migrate].category')).toBe('cycles[].initContainers[].category');
  });
});

const own = (record: Readonly<Record<string, number>>, key: string): number | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
