import { describe, expect, it } from 'vitest';
import { Masking } from './masking.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });

describe('a masked value', () => {
  it('is the same for the same value, and another for another value or under another key', () => {
    const other = new Masking({ key: 'another key', commands: 'masked' });

    const values = [
      masking.value('hunter2'),
      masking.value('hunter2'),
      masking.value('hunter3'),
      other.value('hunter2'),
    ];

    expect(new Set(values).size).toBe(3);
    expect(values[0]).toBe(values[1]);
    expect(values[0]).toMatch(/^\{"masked":"hmac:[\w-]{22}"\}$/);
  });

  it('needs a key', () => {
    expect(() => new Masking({ key: '', commands: 'masked' })).toThrow(RangeError);
  });

  it.each([
    ['DB_HOST', 'db.shop', '"db.shop"'],
    ['REDIS_URL', 'redis://redis:6379', '"redis://redis:6379"'],
  ])('is not needed for %s=%s: it says what is waited for', (name, value, text) => {
    expect(masking.target(name, value)).toBe(text);
  });

  it.each([
    ['DB_PASSWORD', 'db.shop'],
    ['DB_URL', 'postgres://me:pw@db:5432/app'],
    ['GREETING', 'hello world'],
    ['GREETING', 'Hello'],
    ['LETTER', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdef'],
    ['NUMBER', '123456'],
    ['WORD', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ])('takes the place of %s=%s', (name, value) => {
    expect(masking.target(name, value)).toBe(masking.value(value));
  });
});

describe('a command', () => {
  const words = ['wait', '--password', 'hunter2', '--host=db:5432', 'http://api/x', '-v'];

  it('keeps its words, but the one after a flag that looks secret', () => {
    expect(JSON.parse(masking.command(words))).toEqual([
      'wait',
      '--password',
      expect.stringMatching(/^<masked:[\w-]{22}>$/),
      '--host=db:5432',
      'http://api/x',
      '-v',
    ]);
  });

  it('keeps only what it waits for when told so', () => {
    const targets = new Masking({ key: 'a key', commands: 'targets' });

    expect(JSON.parse(targets.command(words))).toEqual({
      masked: expect.stringMatching(/^hmac:/) as string,
      targets: ['http://api/x'],
    });
  });

  it('keeps nothing but the proof of a change when told so', () => {
    const none = new Masking({ key: 'a key', commands: 'none' });

    expect(JSON.parse(none.command(words))).toEqual({ masked: expect.stringMatching(/^hmac:/) as string });
    expect(none.command(words)).not.toBe(none.command([...words, 'x']));
  });
});

describe('a message', () => {
  it('is cut to 4,096 bytes and never within a character', () => {
    const { text, truncated } = masking.message(`a${'é'.repeat(3_000)}`);
    const kept = JSON.parse(text) as string;

    expect(truncated).toBe(true);
    expect(Buffer.byteLength(kept)).toBe(4_095);
    expect(kept).toBe(`a${'é'.repeat(2_047)}`);
  });

  it('does not split a pair of surrogates', () => {
    const kept = JSON.parse(masking.message('😀'.repeat(1_025)).text) as string;

    expect(kept).toBe('😀'.repeat(1_024));
  });

  it('of exactly 4,096 bytes is whole', () => {
    expect(masking.message('x y '.repeat(1_024))).toEqual({
      text: JSON.stringify('x y '.repeat(1_024)),
      truncated: false,
    });
  });

  it('of four million characters is cut at once', () => {
    const started = performance.now();

    const { truncated } = masking.message('word '.repeat(800_000));

    expect(truncated).toBe(true);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('loses its secrets before it is cut', () => {
    const message = `${'x '.repeat(2_040)}password=hunter2hunter2hunter2hunter2`;

    expect(masking.message(message).text).not.toContain('hunter2');
  });

  it('has no NUL and no half of a surrogate pair', () => {
    expect(masking.message('a\u0000b\ud800c').text).toBe('"a\uFFFDb\uFFFDc"');
  });
});

describe('an annotation', () => {
  it('of the allow-list is kept as it is', () => {
    const hash = '5f4dcc3b5aa765d61d8327deb882cf99';

    expect(masking.annotation('kubernetes.io/config.hash', hash)).toBe(`"${hash}"`);
  });

  it('of any other name keeps its name, and shows a change of its value', () => {
    expect(masking.annotation('example.com/note', 'x')).toBe(masking.value('x'));
  });

  it('that holds the applied configuration is not kept at all', () => {
    expect(masking.annotation('kubectl.kubernetes.io/last-applied-configuration', '{}')).toBeUndefined();
  });
});

describe('the end of a log', () => {
  it('is masked before it is cut, so that no half of a secret stays', () => {
    const secret = 'password=correct-horse-battery-staple';

    const { text } = masking.logEnd([`connecting with ${secret}`, 'refused'], 24);

    expect(text).not.toContain('staple');
    expect(text).toContain('refused');
  });

  it('keeps whole lines from the end, and says how many', () => {
    expect(masking.logEnd(['one', 'two', 'three'], 9)).toEqual({ text: 'two\nthree', lines: 2, truncated: true });
    expect(masking.logEnd(['one', 'two'], 100)).toEqual({ text: 'one\ntwo', lines: 2, truncated: false });
  });

  it('keeps the end of a line that is longer than all of it, and splits no character', () => {
    expect(masking.logEnd(['ä'.repeat(20)], 11)).toEqual({ text: 'ä'.repeat(5), lines: 1, truncated: true });
  });
});
