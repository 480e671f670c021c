import { describe, expect, it } from 'vitest';
import { joined, sql, toQuery, word } from './sql.js';

describe('sql', () => {
  it('numbers the parameters of pieces within pieces in the order they stand', () => {
    const inner = sql`name = ${'api'} AND rank > ${3}`;

    expect(toQuery(sql`SELECT ${word('a')} FROM t WHERE x = ${1} AND (${inner}) LIMIT ${9}`)).toEqual({
      text: 'SELECT a FROM t WHERE x = $1 AND (name = $2 AND rank > $3) LIMIT $4',
      values: [1, 'api', 3, 9],
    });
  });

  it('keeps what a caller wrote out of the text', () => {
    expect(toQuery(joined([sql`a = ${"'; DROP TABLE pod_init; --"}`, sql`b`], ' AND '))).toEqual({
      text: 'a = $1 AND b',
      values: ["'; DROP TABLE pod_init; --"],
    });
  });
});
