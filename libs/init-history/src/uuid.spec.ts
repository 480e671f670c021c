import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha1, uuidv5 } from './uuid.js';

describe('sha1', () => {
  it('is that of every other implementation, at every length around a block', () => {
    for (let length = 0; length < 200; length++) {
      const text = 'ä'.repeat(length % 7) + 'x'.repeat(length);
      expect(sha1(text)).toBe(createHash('sha1').update(text, 'utf8').digest('hex'));
    }
  });

  it('is that of every other implementation, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(sha1(text)).toBe(createHash('sha1').update(text, 'utf8').digest('hex'));
      }),
    );
  });
});

describe('uuidv5', () => {
  it('is the one of RFC 9562 for www.example.com in the DNS namespace', () => {
    expect(uuidv5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('tells names and namespaces apart', () => {
    const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
    const url = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';
    expect(new Set([uuidv5(dns, 'a'), uuidv5(dns, 'b'), uuidv5(url, 'a')]).size).toBe(3);
  });
});
