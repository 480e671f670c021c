import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NewEvent, WatchPosition } from '#libs/event-store';
import { AuditError } from '#libs/platform';
import { Appender } from './appender.js';
import type { AppenderLimits, AppenderListener } from './appender.js';

const event = (name: string): NewEvent => ({
  streamId: 's',
  eventId: name,
  type: 'PodObserved',
  schemaVersion: 1,
  body: name,
});
const at = (resourceVersion: string): WatchPosition => ({ watch: 'pods', resourceVersion });

/** A log that takes each batch when it is told to. */
function slowLog() {
  const batches: { events: string[]; positions: string[]; done: (error?: Error) => void }[] = [];
  return {
    batches,
    append: (events: readonly NewEvent[], positions: readonly WatchPosition[] = []) =>
      new Promise<{ first: number; next: number; recordedAt: string }>((resolve, reject) => {
        batches.push({
          events: events.map(({ body }) => body),
          positions: positions.map(({ resourceVersion }) => resourceVersion),
          done: (error) => (error ? reject(error) : resolve({ first: 0, next: events.length, recordedAt: '' })),
        });
      }),
  };
}

function appending(limits: Partial<AppenderLimits> = {}, listener: AppenderListener = {}) {
  const log = slowLog();
  return { log, appender: new Appender(log, listener, limits) };
}

const soon = () => sleep(20);

describe('Appender', () => {
  it('writes at once while nothing is in flight, and what comes meanwhile as one batch', async () => {
    const { log, appender } = appending();

    await appender.add([event('a')], at('1'));
    await soon();
    await appender.add([event('b')], at('2'));
    await appender.add([event('c')], at('3'));
    log.batches[0]?.done();
    await soon();

    expect(log.batches.map(({ events, positions }) => [events, positions])).toEqual([
      [['a'], ['1']],
      [['b', 'c'], ['3']],
    ]);
  });

  it('writes what comes within the pause after an append together', async () => {
    const { log, appender } = appending({ pauseMs: 100 });
    await appender.add([event('a')]);
    await soon();
    log.batches[0]?.done();
    await soon();
    await appender.add([event('b')]);
    await soon();
    await appender.add([event('c')], at('3'));
    await soon();
    expect(log.batches.map(({ events }) => events)).toEqual([['a']]);
    await sleep(60);

    expect(log.batches.map(({ events }) => events)).toEqual([['a'], ['b', 'c']]);
  });

  it.each<[string, Partial<AppenderLimits>, (appender: Appender) => unknown]>([
    ['somebody waits until it is written', {}, (appender) => appender.written()],
    ['all is to be written', {}, (appender) => appender.flush()],
    ['a batch is full', { batchEvents: 2 }, (appender) => appender.add([event('c')])],
    ['a batch has so many characters', { batchChars: 2 }, (appender) => appender.add([event('c')])],
  ])('ends the pause as soon as %s', async (_, limits, hurry) => {
    const { log, appender } = appending({ pauseMs: 60_000, ...limits });
    await appender.add([event('a')]);
    await soon();
    log.batches[0]?.done();
    await appender.add([event('b')]);
    await soon();
    expect(log.batches).toHaveLength(1);

    void hurry(appender);
    await soon();

    expect(log.batches[1]?.events[0]).toBe('b');
    log.batches[1]?.done();
  });

  it('ends in a pause without writing what waits', async () => {
    const { log, appender } = appending({ pauseMs: 60_000 });
    await appender.add([event('a')]);
    await soon();
    log.batches[0]?.done();
    await appender.add([event('b')]);
    await soon();

    appender.drop(new Error('killed'));

    await expect(appender.flush()).rejects.toThrow('killed');
    await soon();
    expect(log.batches).toHaveLength(1);
  });

  it.each(['written', 'flush'] as const)(
    'has no pause after an append during which somebody called %s',
    async (call) => {
      const { log, appender } = appending({ pauseMs: 60_000 });
      await appender.add([event('a')]);
      await soon();
      await appender.add([event('b')]);
      void appender[call]();

      log.batches[0]?.done();
      await soon();

      expect(log.batches.map(({ events }) => events)).toEqual([['a'], ['b']]);
      log.batches[1]?.done();
    },
  );

  it('tells when what was added is durable, positions too, whatever is added meanwhile', async () => {
    const { log, appender } = appending();
    await appender.add([event('a')], at('1'));
    await soon();
    await appender.add([], at('2'));
    const written = appender.written();
    let count: number | undefined;
    void written.then((found) => {
      count = found;
    });

    log.batches[0]?.done();
    await soon();
    expect(count).toBeUndefined();
    await appender.add([event('b')], at('3'));
    log.batches[1]?.done();
    await soon();

    expect(log.batches.map(({ events, positions }) => [events, positions])).toEqual([
      [['a'], ['1']],
      [[], ['2']],
      [['b'], ['3']],
    ]);
    expect(count).toBe(1);
  });

  it('never says that what a fenced writer was given is durable', async () => {
    const { log, appender } = appending();
    await appender.add([event('a')]);
    const written = appender.written();
    await soon();

    log.batches[0]?.done(new AuditError('writer-fenced', 'fenced'));

    await expect(written).rejects.toMatchObject({ code: 'writer-fenced' });
    await expect(appender.written()).rejects.toMatchObject({ code: 'writer-fenced' });
  });

  it('stores a position with the events before it, never earlier', async () => {
    const { log, appender } = appending({ batchEvents: 2 });

    await appender.add([event('a'), event('b'), event('c')], at('3'));
    await soon();
    log.batches[0]?.done();
    await soon();

    expect(log.batches.map(({ events, positions }) => [events, positions])).toEqual([
      [['a', 'b'], []],
      [['c'], ['3']],
    ]);
  });

  it('lets a position without events wait for some, but not for long', async () => {
    const { log, appender } = appending({ lazyMs: 50 });

    await appender.add([], at('1'));
    await appender.add([], at('2'));
    await soon();
    expect(log.batches).toEqual([]);
    await sleep(60);

    expect(log.batches).toMatchObject([{ events: [], positions: ['2'] }]);
  });

  it('makes whoever adds wait while its queue is full', async () => {
    const { log, appender } = appending({ queuedEvents: 2, batchEvents: 2 });
    let added = false;

    const adding = appender
      .add([event('a'), event('b'), event('c'), event('d'), event('e')])
      .then(() => (added = true));
    await soon();
    expect(added).toBe(false);
    log.batches[0]?.done();
    await soon();
    log.batches[1]?.done();
    await adding;

    expect(added).toBe(true);
  });

  it('tries the same batch again when the database fails', async () => {
    const { log, appender } = appending();
    await appender.add([event('a')], at('1'));
    await soon();

    log.batches[0]?.done(new Error('terminated by administrator'));
    await sleep(150);

    expect(log.batches[1]).toMatchObject({ events: ['a'], positions: ['1'] });
  });

  it('ends when another writer took the shard, and says so to whoever adds', async () => {
    const ended: Error[] = [];
    const { log, appender } = appending({}, { ended: (error) => ended.push(error) });
    await appender.add([event('a')]);
    await soon();

    log.batches[0]?.done(new AuditError('writer-fenced', 'another took it'));
    await soon();

    expect(ended).toMatchObject([{ code: 'writer-fenced' }]);
    await expect(appender.add([event('b')])).rejects.toMatchObject({ code: 'writer-fenced' });
    await expect(appender.flush()).rejects.toMatchObject({ code: 'writer-fenced' });
  });

  it('has written everything when it was flushed', async () => {
    const { log, appender } = appending();
    await appender.add([event('a')]);
    await appender.add([], at('9'));

    const flushed = appender.flush();
    await soon();
    log.batches[0]?.done();
    await flushed;

    expect(log.batches).toMatchObject([{ events: ['a'], positions: ['9'] }]);
  });
});
