import { describe, expect, it } from 'vitest';
import { unseenPod } from './pod-fold.js';
import { PodCache } from './pod-cache.js';
import type { PodState } from './pod-cache.js';

const state = (uid: string): PodState => ({
  fold: unseenPod(uid),
  inits: new Map(),
  attempts: new Map(),
  findings: new Map(),
  standing: null,
  telling: null,
});
const kept = (cache: PodCache): string => ['a', 'b', 'c', 'd'].filter((uid) => cache.has(uid)).join('');

describe('PodCache', () => {
  it('drops the pods that were not asked for the longest', () => {
    const cache = new PodCache(2);
    for (const uid of ['a', 'b', 'c']) cache.keep(uid, state(uid));
    cache.find('a');
    cache.trim();

    expect(kept(cache)).toBe('ac');
  });

  it('keeps what the last batch changed, for the tables may not have it yet', () => {
    const cache = new PodCache(1);
    cache.begin();
    cache.set('a', state('a'));
    cache.begin();
    for (const uid of ['b', 'c']) cache.set(uid, state(uid));
    cache.keep('d', state('d'));
    cache.trim();
    const during = kept(cache);
    cache.begin();
    cache.trim();

    expect([during, kept(cache)]).toEqual(['bc', 'c']);
  });

  it('drops also that where it is told so', () => {
    const cache = new PodCache(1);
    cache.begin();
    for (const uid of ['a', 'b']) cache.set(uid, state(uid));
    cache.trimAll();

    expect(kept(cache)).toBe('b');
  });
});
