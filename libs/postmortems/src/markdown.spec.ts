import { describe, expect, it } from 'vitest';
import { seconds, text } from './markdown.js';

describe('text', () => {
  it('keeps what a container said inside its cell', () => {
    expect(text('a | b\n# c <img src=x onerror=alert(1)> `d` [e](http://f)')).toBe(
      'a \\| b \\# c &lt;img src=x onerror=alert\\(1\\)&gt; \\`d\\` \\[e\\]\\(http://f\\)',
    );
  });
});

describe('seconds', () => {
  it('tells the doubt of two stamps that were cut to whole seconds', () => {
    expect(seconds({ seconds: 5, lo: 4, hi: 6, certainty: 'exact' })).toBe('5 s (4 to 6 s)');
  });

  it('claims no figure where there are only bounds', () => {
    expect(seconds({ seconds: null, lo: 3, hi: 9, certainty: 'bounded' })).toBe('between 3 to 9 s');
  });

  it('says unknown where nothing is known', () => {
    expect(seconds({ seconds: null, lo: null, hi: null, certainty: 'unknown' })).toBe('unknown');
  });
});
