import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inOrder } from './in-order.js';

describe('inOrder', () => {
  it('orders members as the schema does, within lists too, and keeps further ones', () => {
    const schema = z.object({ name: z.string(), parts: z.array(z.object({ a: z.int(), b: z.int() })).nullable() });

    expect(JSON.stringify(inOrder(schema, { more: 1, parts: [{ b: 2, a: 1 }], name: 'x' }))).toBe(
      '{"name":"x","parts":[{"a":1,"b":2}],"more":1}',
    );
  });
});
