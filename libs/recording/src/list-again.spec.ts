import { describe, expect, it, vi } from 'vitest';
import { KubernetesError, type Page } from '#libs/kubernetes';
import type { NewEvent } from '#libs/event-store';
import type { Appender } from './appender.js';
import { watchedNamespaces } from './others.js';
import { KnownParts, Masking } from './reducing/index.js';
import { WatchLoop } from './watch-loop.js';

const page = (attempt: number, resourceVersion: string, last: boolean): Page => ({
  items: [],
  resourceVersion,
  last,
  attempt,
});

/** What a watch records that stood at 10 and lost that position, when its list comes in these pages. */
async function recorded(pages: readonly Page[]): Promise<readonly Record<string, unknown>[]> {
  const events: NewEvent[] = [];
  const stop = new AbortController();
  async function* list() {
    yield* pages;
  }
  let watches = 0;
  async function* watch() {
    watches += 1;
    if (watches === 1) throw new KubernetesError('expired', 'too old resource version');
    stop.abort();
    yield [];
  }
  const add = (added: readonly NewEvent[]): Promise<void> => Promise.resolve(void events.push(...added));
  const loop = new WatchLoop({
    cluster: { clock: { now: () => Date.now() }, list, stream: list, watch },
    watched: watchedNamespaces(new Masking({ key: 'a key', commands: 'masked' }), new KnownParts()),
    appender: { add } as unknown as Appender,
    shard: { id: 1, epoch: () => 1, raiseEpochAbove: () => Promise.resolve(false) },
    serverVersion: null,
    stored: { resourceVersion: '10' },
  });
  const running = loop.run(stop.signal);
  await vi.waitFor(() => expect(stop.signal.aborted).toBe(true));
  await running;
  return events.map(({ type, body }) => ({ type, ...(JSON.parse(body) as object) }));
}

const gaps = (told: readonly Record<string, unknown>[]) =>
  told
    .filter(({ type }) => type === 'ObservationGap')
    .map(({ fromResourceVersion, toResourceVersion }) => [fromResourceVersion, toResourceVersion]);

describe('a list after a loss', () => {
  it('ends one gap, however many pages it has', async () => {
    expect(gaps(await recorded([page(0, '20', false), page(0, '20', true)]))).toEqual([['10', '20']]);
  });

  it('that had to begin again ends a gap that reaches to its own moment, before anything that it shows', async () => {
    const told = await recorded([page(0, '20', false), page(1, '30', false), page(1, '30', true)]);

    expect(gaps(told)).toEqual([
      ['10', '20'],
      ['10', '30'],
    ]);
    expect(told.at(-1)).toMatchObject({ type: 'WatchOpened', resourceVersion: '30' });
  });
});
