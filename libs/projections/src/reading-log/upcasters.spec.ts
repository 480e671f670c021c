import { describe, expect, expectTypeOf, it } from 'vitest';
import { schemaVersions } from '#libs/init-history';
import { NewerEvent, upcast, upcasters } from './upcasters.js';
import type { Upcaster, Upcasters } from './upcasters.js';

const named: Upcaster = ({ title, ...rest }) => ({ ...rest, name: title });
const counted: Upcaster = (body) => ({ ...body, count: Number(body['count']) });

/** Version 1 had a title, version 2 a count that was text. */
const steps = { Told: [named, counted], Kept: [] };

describe('the body of an older version', () => {
  it.each([
    [1, { title: 'a', count: '2' }],
    [2, { name: 'a', count: '2' }],
    [3, { name: 'a', count: 2 }],
  ])('is brought to the newest one step after another, from version %d', (version, body) => {
    expect(upcast(body, { type: 'Told', version }, steps)).toEqual({ name: 'a', count: 2 });
  });

  it('is what was stored where its type never changed', () => {
    const body = { title: 'a' };
    expect(upcast(body, { type: 'Kept', version: 1 }, steps)).toBe(body);
  });
});

describe('an event that cannot be read', () => {
  it('is newer where its version or its type came later: the error says which and what to do', () => {
    const newer = (type: string, version: number) => () => upcast({}, { type, version }, steps);

    expect(newer('Told', 4)).toThrow(NewerEvent);
    expect(newer('Told', 4)).toThrow('Told version 4, and this version reads up to 3: upgrade');
    expect(newer('Seen', 1)).toThrow(NewerEvent);
    expect(newer('toString', 1)).toThrow('events of type toString');
  });

  it.each([0, -1, 1.5, Number.NaN])('is nobody’s where its version is %d', (version) => {
    const read = () => upcast({}, { type: 'Told', version }, steps);
    expect(read).toThrow(TypeError);
    expect(read).toThrow('Told has no version');
  });
});

describe('the registry', () => {
  it('has as many steps as lie below what recorders write, or it does not compile', () => {
    expectTypeOf<Upcasters<{ A: 1; B: 2; C: 3 }>>().toEqualTypeOf<{
      readonly A: readonly [];
      readonly B: readonly [Upcaster];
      readonly C: readonly [Upcaster, Upcaster];
    }>();
    for (const [type, version] of Object.entries(schemaVersions)) {
      expect([type, upcasters[type as keyof typeof upcasters].length]).toEqual([type, version - 1]);
    }
  });
});
