import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventWriter, Shards } from '#libs/event-store';
import { Metrics, silentLogger } from '#libs/platform';
import { Ledger, newPod } from '../testing/index.js';
import { Follower } from './follower.js';
import { FollowerMetrics } from './follower-metrics.js';
import { readLags } from './lags.js';
import type { Projection } from './projection.js';

/** A busy machine is no failure. */
const patience = { timeout: 30_000 };

describe('Follower', () => {
  let ledger: Ledger;
  let follower: Follower | undefined;
  const metrics = new Metrics();
  let followerMetrics: FollowerMetrics | undefined;

  const following = (projection: Projection): Follower => {
    const { name } = projection;
    followerMetrics ??= new FollowerMetrics(metrics, () => readLags(ledger.pool, name));
    return new Follower({
      projection,
      pool: ledger.pool,
      reader: ledger.reader,
      shards: new Shards(ledger.pool),
      logger: silentLogger,
      metrics: followerMetrics,
    });
  };

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(async () => {
    await follower?.stop();
    await ledger.close();
  });

  it('projects what is appended while it runs, and shards that come', async () => {
    follower = following(ledger.projection());
    follower.start();
    await ledger.append([newPod(1, 10)]);
    await follower.waitFor(ledger.shardId, 0);

    const other = await new Shards(ledger.recorderPool).register({ ...shard, origin: 'other' });
    const writer = await EventWriter.open(ledger.recorderPool, other);
    const { streamId, observation } = newPod(2, 10);
    await writer.append([
      { streamId, eventId: streamId, type: observation.type, schemaVersion: 1, body: JSON.stringify(observation) },
    ]);
    follower.wake(other);
    await follower.waitFor(other, 0);
    await writer.close();

    expect(await ledger.rows('SELECT shard_id, name FROM pod_init ORDER BY shard_id')).toEqual([
      { shard_id: ledger.shardId, name: 'api-1' },
      { shard_id: other, name: 'api-2' },
    ]);
  });

  it('says what failed, tells how far it is behind, and goes on once it can', async () => {
    const projection = ledger.projection();
    let broken = true;
    await ledger.append([newPod(1, 10), newPod(2, 11)]);
    follower = following({
      ...projection,
      open: (place) => (broken ? Promise.reject(new Error('no space left')) : projection.open(place)),
    });
    follower.start();
    await expect.poll(() => follower?.check().catch(String), patience).toContain('no space left');
    const behind = await metrics.registry.getSingleMetricAsString('initledger_projection_lag_positions');

    broken = false;
    await follower.waitFor(ledger.shardId, 1);

    expect(behind).toContain(`{projection="pod-inits-v2",shard="${ledger.shardId}"} 2`);
    await expect.poll(() => follower?.check(), patience).toBeUndefined();
  });

  it('waits at what a newer recorder wrote, with all before it told, and parks nothing: an upgrade reads on', async () => {
    await ledger.append([newPod(1, 10), { ...newPod(2, 11), schemaVersion: 2 }, newPod(3, 12)]);
    follower = following(ledger.projection());
    follower.start();

    await expect
      .poll(() => follower?.check().catch(String), patience)
      .toContain(
        `shard ${ledger.shardId} is not being projected: a newer recorder wrote PodObserved version 2, and this version reads up to 1`,
      );
    expect(await ledger.rows('SELECT name FROM pod_init')).toEqual([{ name: 'api-1' }]);
    expect(await ledger.rows('SELECT stream_id FROM quarantine')).toEqual([]);
  });

  it('is not healthy while a stream is parked', async () => {
    const { streamId, observation } = newPod(1, 10);
    await ledger.append([{ streamId, observation: { ...observation, parts: 7 } as never }]);
    follower = following(ledger.projection());
    follower.start();
    await follower.waitFor(ledger.shardId, 0);

    await expect(follower.check()).rejects.toThrow(
      `1 stream is parked, the first ${streamId} of shard ${ledger.shardId} at position 0 (TypeError: parts is no object)`,
    );
  });
});

const shard = {
  clusterUid: 'other',
  clusterName: 'other',
  source: 'recording',
  identity: 'namespaceUid',
  server: null,
  serverVersion: null,
  unknowns: [],
} as const;
