import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventReader, EventWriter, Shards } from '#libs/event-store';
import { createPool } from '#libs/platform';
import type { Pool } from '#libs/platform';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import { knownBy } from '../testing/index.js';
import { rawPod, nthUid } from '../testing/raw-pod.js';
import { regain } from '../regain.js';
import type { Regained } from '../regain.js';
import { KnownParts, Masking, observe, podObserved, reducePod } from '../reducing/index.js';
import { KeptStates } from './kept-states.js';
import { piecesNow } from './pieces.js';

const never = new AbortController().signal;
const masking = new Masking({ key: 'a key', commands: 'masked' });
const nothingHeld = () => undefined;

describe('KeptStates', () => {
  let database: FreshDatabase;
  let owner: Pool;
  let shardId: number;
  let states: KeptStates;
  let reader: EventReader;

  beforeAll(async () => {
    database = await freshDatabase();
    owner = createPool(database.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 10_000 });
    states = new KeptStates(database.pool);
    reader = new EventReader(database.pool);
  });
  afterAll(async () => {
    await owner.end();
    await database.close();
  });
  beforeEach(async () => {
    shardId = await shard();
    await append(shardId, 20);
    await keep();
    await append(shardId, 5, 20);
  });

  let shards = 0;
  function shard(): Promise<number> {
    shards += 1;
    return new Shards(database.pool).register({
      origin: `kubernetes:${shards}`,
      clusterUid: String(shards),
      clusterName: 'test',
      source: 'kubernetes',
      identity: 'namespaceUid',
      server: null,
      serverVersion: null,
      unknowns: [],
    });
  }

  /** Appends the first look at so many pods. */
  async function append(to: number, pods: number, from = 0): Promise<void> {
    const writer = await EventWriter.open(database.pool, to);
    const known = new KnownParts();
    const source = { shardId: to, watchEpoch: 0, via: 'watch', receivedAt: '2026-11-21T02:00:00.000Z' } as const;
    const drafts = Array.from({ length: pods }, (_, nth) => {
      const reduced = reducePod(rawPod({ uid: nthUid(from + nth) }), masking);
      const change = observe(known.get(reduced.uid), reduced);
      if (!change) throw new Error('a first look shows everything');
      return podObserved(source, reduced, change);
    });
    await writer.append(drafts);
    await writer.close();
  }

  const of = (choice: Partial<{ namespaces: string[]; logTails: boolean }> = {}) => ({
    shardId,
    namespaces: [],
    logTails: false,
    podsPosition: () => undefined,
    ...choice,
  });

  async function keep(choice = of(), signal = never): Promise<void> {
    const all = await regain(reader, choice);
    const last = (await reader.readAfter(choice.shardId, all.count - 2, 1))[0];
    if (!last) throw new Error('the log is empty');
    await states.save(choice, { ...last, size: all.count }, piecesNow(all, nothingHeld), signal);
  }

  /** What the whole log says must be what is regained, whatever was kept. */
  async function regained(choice = of()): Promise<Pick<Regained, 'keptSize' | 'count' | 'unfit'>> {
    const found = await regain(reader, choice, states);
    expect(knownBy(found)).toEqual(knownBy(await regain(reader, choice)));
    const { keptSize, count, unfit } = found;
    return { keptSize, count, unfit };
  }

  const change = (set: string, where: string) =>
    owner.query(`UPDATE recorder_state SET ${set} WHERE shard_id = $1 AND ${where}`, [shardId]);

  it('spares the reading of what came before', async () => {
    expect(await regained()).toEqual({ keptSize: 20, count: 5, unfit: undefined });
  });

  it('is replaced by the next, and by none that was broken off', async () => {
    await keep(of(), AbortSignal.abort()).catch(() => undefined);
    expect(await regained()).toMatchObject({ keptSize: 20 });

    await keep();
    expect(await regained()).toEqual({ keptSize: 25, count: 0, unfit: undefined });
  });

  it.each([
    [
      'one bit of a piece is another',
      'body = set_byte(body, 20, get_byte(body, 20) # 1)',
      'part = 1',
      /damaged|digest/,
    ],
    ['one bit of the head is another', 'body = set_byte(body, 20, get_byte(body, 20) # 1)', 'part = 0', /./],
    ['the head is no JSON', `body = '\\x00'`, 'part = 0', /head is damaged/],
    ['the head is of something else', `body = '\\x5b5d'`, 'part = 0', /head is damaged/],
    ['a piece is cut short', 'body = substr(body, 1, length(body) - 1)', 'part = 1', /damaged|digest/],
    ['a piece is missing', 'part = 1000', 'part = 1', /part 1 is missing/],
  ])('is thrown away where %s', async (_, set, where, why) => {
    await change(set, where);

    expect(await regained()).toEqual({ keptSize: 0, count: 25, unfit: expect.stringMatching(why) as string });
  });

  it.each([
    ['of an older or newer format', '"format":1', '"format":9', /format is 9/],
    ['of another reducer', '"reducer":1', '"reducer":9', /reducer 9/],
    ['newer than the log', '"size":20', '"size":99', /digest/],
  ])('is thrown away where it is %s', async (_, was, is, why) => {
    await change(`body = convert_to(replace(convert_from(body, 'UTF8'), '${was}', '${is}'), 'UTF8')`, 'part = 0');

    expect(await regained()).toEqual({ keptSize: 0, count: 25, unfit: expect.stringMatching(why) as string });
  });

  it('is thrown away where it is of another log, which one that was restored from an older backup is', async () => {
    const [restored, longer] = [await shard(), shardId];
    await append(restored, 10);
    const copy = (to: number) =>
      owner.query(
        'INSERT INTO recorder_state (shard_id, part, body) SELECT $2, part, body FROM recorder_state WHERE shard_id = $1',
        [longer, to],
      );
    await copy(restored);
    shardId = restored;
    expect(await regained()).toEqual({ keptSize: 0, count: 10, unfit: 'it is of another log' });

    const other = await shard();
    await append(other, 30);
    await copy(other);
    shardId = other;
    expect(await regained()).toEqual({ keptSize: 0, count: 30, unfit: 'it is of another log' });
  });

  it('is thrown away where the recorder watches otherwise', async () => {
    const unfit = (why: RegExp) => ({ keptSize: 0, count: 25, unfit: expect.stringMatching(why) as string });

    expect(await regained(of({ namespaces: ['shop'] }))).toEqual(unfit(/other namespaces/));
    expect(await regained(of({ logTails: true }))).toEqual(unfit(/no log tails/));
  });
});
