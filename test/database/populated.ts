/** A store in which every table holds rows, as the service makes them: what somebody may change, and verify has to find. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  ActWriters,
  CheckpointsFile,
  eraseBodies,
  EventWriter,
  Holds,
  importArchive,
  Retention,
  type NewEvent,
  type Sealing,
} from '#libs/event-store';
import { RULES, schemaVersions } from '#libs/init-history';
import { HealthChecks, silentLogger } from '#libs/platform';
import { finishErasures } from '#libs/projections';
import { someEvents } from '#testing/event-store';
import {
  eventSeen,
  gapSeen,
  goodStart,
  initEnds,
  initRuns,
  Ledger,
  listSeen,
  namespaceSeen,
  newPod,
  nodeSeen,
  podGone,
  uid,
  type Seen,
} from '#testing/projections';

import { finishAlertErasures } from '#libs/alerting';
import { Deliveries } from '../../libs/alerting/src/deliveries.js';
import { takeDue } from '../../libs/alerting/src/outbox.js';
import type { Receiver } from '../../libs/alerting/src/receivers.js';
import { StuckAlerts } from '../../libs/alerting/src/stuck-alerts.js';
import { Freezer } from '../../libs/projections/src/horizon/freezer.js';
import { podInitsName } from '../../libs/projections/src/pod-inits/pod-inits.projection.js';
import { KeptStates } from '../../libs/recording/src/kept-state/kept-states.js';

const WEEK = 7 * 86_400;
const ground = { reason: 'a lawsuit', author: 'alice' };
/** What pods stand beyond by then, and weeks are over. */
const NOW = new Date('2026-12-20T00:00:00Z');
/** Those that the ledger projects with. */
export const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

const echo: Receiver = {
  name: 'webhook:example.com#0123abcd',
  wants: 'transition',
  deliver: () => Promise.resolve({ outcome: 'refused', status: 400, detail: 'not now' }),
};

const pem = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** What makes a finding: it ended well, and is told as killed. */
const killedWithZero = (pod: number, at: number): Seen =>
  JSON.parse(JSON.stringify(initEnds(pod, at, at + 3)).replace('"Completed"', '"OOMKilled"')) as Seen;

/** Two shards: of both weeks were dropped, and the newest of the second was imported again. */
export class Populated {
  #events = 0;
  #keys = [pem()];
  #acts: ActWriters;

  private constructor(
    readonly ledger: Ledger,
    readonly other: Ledger,
    private readonly folder: string,
  ) {
    this.#acts = this.#openActs();
  }

  static async open(): Promise<Populated> {
    const ledger = await Ledger.open();
    const other = await ledger.beside('other', 'kubernetes');
    const store = new Populated(ledger, other, await mkdtemp(path.join(tmpdir(), 'initledger-judged-')));
    await store.#observe();
    await store.#retain();
    await store.#act(1);
    return store;
  }

  /** Something happens to every table: what stood in it before is an older copy. */
  async goOn(): Promise<void> {
    await this.#rotate();
    const starts = Array.from({ length: 90 }, (_, nth) => goodStart(300 + nth, 4 * WEEK + 10 * nth, 5)).flat();
    await this.#append(this.ledger, [nodeSeen(4 * WEEK), ...starts, gapSeen(4 * WEEK + 900, 4 * WEEK + 910)]);
    await this.#append(this.ledger, [
      newPod(4, 4 * WEEK + 950),
      initRuns(4, 4 * WEEK + 951),
      killedWithZero(4, 4 * WEEK + 951),
    ]);
    await this.#append(this.ledger, [eventSeen(uid(4), 4 * WEEK + 960, { reason: 'BackOff' })]);
    await this.#append(this.other, goodStart(90, 4 * WEEK, 5));
    await this.#retain();
    await this.#act(2);
  }

  async close(): Promise<void> {
    await this.#acts.close();
    await this.ledger.close();
    await rm(this.folder, { recursive: true });
  }

  async #observe(): Promise<void> {
    const starts = Array.from({ length: 90 }, (_, nth) => goodStart(100 + nth, 100 + 10 * nth, 5)).flat();
    await this.#append(this.ledger, [namespaceSeen(0), nodeSeen(1), newPod(1, 10), initRuns(1, 11), gapSeen(15, 16)]);
    await this.#append(this.ledger, [newPod(3, 40), initRuns(3, 41), killedWithZero(3, 41), ...starts]);
    await this.#append(this.ledger, [eventSeen(uid(1), 1_100, { reason: 'BackOff' }), listSeen(1_200, '5')]);
    await this.#append(this.other, [namespaceSeen(0), ...goodStart(91, 10, 5), podGone(91, 60), listSeen(70, '5')]);
    for (let week = 1; week < 4; week += 1) {
      await this.#append(this.ledger, [
        ...goodStart(10 + week, week * WEEK + 50, 4),
        gapSeen(week * WEEK + 70, week * WEEK + 71),
      ]);
      await this.#append(this.other, goodStart(91 + week, week * WEEK + 50, 4));
    }
    await this.#append(this.ledger, [newPod(5, 3 * WEEK + 100), initRuns(5, 3 * WEEK + 101)]);
  }

  /** Freezes and drops the week that is due next; that of the second shard is imported again. */
  async #retain(): Promise<void> {
    const { pool, recorderPool } = this.ledger;
    for (const ledger of [this.ledger, this.other]) await ledger.project();
    await recorderPool.query(
      `INSERT INTO restated (shard_id, up_to) SELECT shard_id, size FROM shard_head
       ON CONFLICT (shard_id) DO UPDATE SET up_to = excluded.up_to, restated_at = now()`,
    );
    const archiveFolder = path.join(this.folder, 'archives');
    const freezer = new Freezer({
      pool,
      by: { name: podInitsName, rules: RULES },
      acts: this.#acts,
      logger: silentLogger,
    });
    const weeks = (await this.#dropped()) + 1;
    for (let looks = 0; (await this.#dropped()) < weeks; looks += 1) {
      if (looks === 20) throw new Error('no week goes');
      // Of holds that imports placed only those of before the last look are left.
      const held = await this.ledger.rows<{ hold_id: string }>(
        `SELECT hold_id FROM legal_hold WHERE released_at IS NULL AND shard_id = ${this.other.shardId}`,
      );
      for (const { hold_id } of held) await new Holds(pool, this.#acts).release(hold_id, ground);
      const days = weeks === 1 ? 24 : 19;
      await new Retention({
        pool,
        acts: this.#acts,
        logger: silentLogger,
        days,
        archiveFolder,
        now: () => NOW.getTime(),
      }).look();
      await freezer.look();
      await this.#acts.close();
      this.#acts = this.#openActs();
    }
    const file = (await readdir(archiveFolder))
      .filter((name) => name.includes(`.${this.other.shardId}.`))
      .toSorted()
      .at(-1);
    await importArchive(path.join(archiveFolder, file ?? ''), { pool, acts: this.#acts, keys: [], ground });
  }

  /** How many weeks of the first shard are gone. */
  async #dropped(): Promise<number> {
    const rows = await this.ledger.rows(
      `SELECT FROM segment WHERE dropped_at IS NOT NULL AND shard_id = ${this.ledger.shardId}`,
    );
    return rows.length;
  }

  /** What the projector does besides, and what is done to history. */
  async #act(nth: number): Promise<void> {
    const { pool, recorderPool, pools } = this.ledger;
    const shardId = this.ledger.shardId;
    await this.#acts.append(shardId, someEvents(300, { type: 'Noted' }));
    await recorderPool.query(`UPDATE shard SET seen_at = $1`, [new Date(NOW.getTime() + nth).toISOString()]);
    const parts = {
      database: pools,
      receivers: [echo],
      health: new HealthChecks(),
      logger: silentLogger,
      acts: this.#acts,
    };
    const alerts = new StuckAlerts(parts);
    for (const of of [shardId, this.other.shardId])
      await alerts.scan({ shardId: of, cluster: 'c1', source: 'kubernetes' }, NOW);
    const deliveries = new Deliveries(pool, [echo], 'http://127.0.0.1:7411');
    for (const row of await takeDue(pool, NOW)) await deliveries.attempt(row.shard_id, row.dedupe_key, () => NOW);
    const holds = new Holds(pool, this.#acts);
    const span = { fromAt: '2026-12-12T00:00:00Z', toAt: '2026-12-13T00:00:00Z', ...ground };
    for (let held = 0; held < 2; held += 1) await holds.place(shardId, { holdId: randomUUID(), ...span });
    const [last] = await this.ledger.rows<{ position: number }>(
      `SELECT max(position) AS position FROM event WHERE shard_id = $1 AND type = 'PodObserved' AND body IS NOT NULL`,
      [this.other.shardId],
    );
    const erasing = { shardId: this.other.shardId, log: 'event' as const, positions: [last?.position ?? 0], ...ground };
    await eraseBodies({ pool, acts: this.#acts }, erasing);
    await finishErasures(pool, limits);
    await finishAlertErasures(pool);
    await new Freezer({
      pool,
      by: { name: podInitsName, rules: RULES },
      acts: this.#acts,
      logger: silentLogger,
    }).look();
    await this.#keep(nth);
    await alerts.onApplicationShutdown();
    await this.#acts.close();
    this.#acts = this.#openActs();
  }

  /** What is made of nothing else, and is rewritten all the time. */
  async #keep(nth: number): Promise<void> {
    const { pool, recorderPool, shardId } = this.ledger;
    const of = { shardId, namespaces: [], logTails: false };
    const at = { size: nth, eventId: randomUUID(), recordedAt: NOW.toISOString() };
    const state = [{ of: 'ahead', scope: '', ahead: [[uid(1), String(nth)]] }] as const;
    await new KeptStates(recorderPool).save(of, at, state, new AbortController().signal);
    for (const key of [0, 1])
      await pool.query(
        `INSERT INTO projection_lease (shard_id, projection, worker, lease_until) VALUES ($1, $2, $3, now())
         ON CONFLICT (shard_id, projection) DO UPDATE SET worker = excluded.worker`,
        [shardId, `projection ${key}`, randomUUID()],
      );
    await pool.query(
      `INSERT INTO quarantine (shard_id, name, stream_id, position, recorded_at, error) VALUES ($1, $2, $3, 1, now(), 'text')`,
      [shardId, podInitsName, randomUUID()],
    );
    await pool.query(
      `INSERT INTO takeover SELECT $1, ('2026-01-0' || $2::text)::timestamptz, 'name', '1', '2', 3, 4, 5, 6, 7, 8`,
      [shardId, nth],
    );
    for (const text of ['one', 'other'])
      await pool.query(`INSERT INTO erasure_text (shard_id, text_id, text) VALUES ($1, $2, '${text}')`, [
        shardId,
        randomUUID(),
      ]);
  }

  async #rotate(): Promise<void> {
    await this.#acts.close();
    this.#keys = [pem(), ...this.#keys];
    this.#acts = this.#openActs();
  }

  get #sealing(): Sealing {
    return { keys: this.#keys, file: new CheckpointsFile(path.join(this.folder, 'checkpoints')), everyMs: 3_600_000 };
  }

  #openActs = (): ActWriters => new ActWriters({ pool: this.ledger.pool, sealing: this.#sealing });

  /** Recorded at the time at which it was received, and sealed. */
  async #append({ shardId, recorderPool }: Ledger, seen: readonly Seen[]): Promise<void> {
    let at = 0;
    const writer = await EventWriter.open(recorderPool, shardId, { sealing: this.#sealing, now: () => at });
    for (const each of seen) {
      at = Date.parse(each.observation.receivedAt) * 1_000;
      const positions = [
        { watch: 'pods', resourceVersion: String(this.#events) },
        { watch: 'nodes', resourceVersion: String(this.#events) },
      ];
      await writer.append([this.#event(each)], positions);
    }
    await writer.close();
  }

  #event({ streamId, observation }: Seen): NewEvent {
    const eventId = `00000000-0000-5000-8000-${String(this.#events++).padStart(12, '0')}`;
    const { type } = observation;
    return { streamId, eventId, type, schemaVersion: schemaVersions[type], body: JSON.stringify(observation) };
  }
}
