import { describe, expect, it } from 'vitest';
import { Lines } from './lines.js';

describe('Lines', () => {
  it('gives the same lines wherever the bytes are cut, in the middle of a character too', () => {
    const bytes = Buffer.from('{"a":"Grüße"}\n\n{"b":"日本"}\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const lines = new Lines();

      const got = [...lines.push(bytes.subarray(0, cut)), ...lines.push(bytes.subarray(cut))];

      expect(got).toEqual(['{"a":"Grüße"}', '{"b":"日本"}']);
      expect(lines.rest).toBe('');
    }
  });

  it('keeps a line that has no end', () => {
    const lines = new Lines();

    expect(lines.push(Buffer.from('whole\nha'))).toEqual(['whole']);
    expect(lines.push(Buffer.from('lf'))).toEqual([]);
    expect(lines.rest).toBe('half');
  });
});
