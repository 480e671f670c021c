import { describe, expect, it } from 'vitest';
import { ShortMemory } from './short-memory.js';

describe('ShortMemory', () => {
  it('asks again when the time is over', async () => {
    let now = 0;
    let asked = 0;
    const memory = new ShortMemory<number>(10, 5, () => now);
    const ask = () => Promise.resolve((asked += 1));

    const answers = [await memory.get('q', ask), await memory.get('q', ask)];
    now = 10;
    answers.push(await memory.get('q', ask));

    expect(answers).toEqual([1, 1, 2]);
  });

  it('does not remember what failed', async () => {
    const memory = new ShortMemory<number>(1_000, 5);
    await memory.get('q', () => Promise.reject(new Error('down'))).catch(() => undefined);

    await expect(memory.get('q', () => Promise.resolve(1))).resolves.toBe(1);
  });

  it('forgets the oldest answer when there are too many', async () => {
    const memory = new ShortMemory<number>(1_000, 1);
    await memory.get('a', () => Promise.resolve(1));
    await memory.get('b', () => Promise.resolve(1));

    await expect(memory.get('a', () => Promise.resolve(2))).resolves.toBe(2);
  });
});
