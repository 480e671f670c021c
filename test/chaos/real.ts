/** The smaller campaign, against a real API server: pods whose status is written here, and a recorder between faults. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readLedgerKeys, Shards } from '#libs/event-store';
import { until } from '../e2e/service.js';
import { Chance } from '../live/chance.js';
import { Account } from './account.js';
import { ChaosDatabase } from './database.js';
import { judgePictures } from './judge-pictures.js';
import { judgeProofs } from './judge-proofs.js';
import { judgeStore } from './judge-store.js';
import { observationsOf } from './log.js';
import { flags, Post, type OwnEnd } from './post.js';
import { together, type Judgement } from './verdict.js';
import { Wire } from './wire.js';
import { Writer } from './writer.js';

export type RealCampaign = Readonly<{
  seed: number;
  faults: number;
  kubeconfig: string;
  /** Tells the cluster something that only one of ours obeys: `kill`, `restart`, `compact`. */
  command: ((line: string) => Promise<void>) | undefined;
  folder: string;
  tell: (line: string) => void;
}>;

const ofTheWay = [
  'api-cut',
  'api-reset',
  'api-stall',
  'api-deaf',
  'kill-recorder',
  'pause-recorder',
  'database-crash',
] as const;
const ofTheServer = ['api-killed', 'api-restarted', 'compacted'] as const;
type RealKind = (typeof ofTheWay)[number] | (typeof ofTheServer)[number];

/** Plays it and judges it. */
export async function realCampaign(given: RealCampaign): Promise<Judgement & { injected: Record<string, number> }> {
  const chance = new Chance(given.seed);
  const kinds: readonly RealKind[] = given.command ? [...ofTheWay, ...ofTheServer, 'compacted'] : ofTheWay;
  const stage = await RealStage.set(given);
  const injected: Record<string, number> = {};
  try {
    await stage.recorder.untilReady(120);
    for (let nth = 0; nth < given.faults; nth += 1) {
      const kind = nth < kinds.length ? kinds[nth]! : chance.pick(kinds);
      injected[kind] = (injected[kind] ?? 0) + 1;
      given.tell(`#${nth} ${kind}`);
      await stage.writer.write(chance, 6);
      await stage.inject(kind, 200 + 1_800 * chance.next(), chance);
    }
    return { ...(await stage.judge()), injected };
  } finally {
    await stage.strike();
  }
}

type RealParts = Readonly<{
  account: Account;
  writer: Writer;
  database: ChaosDatabase;
  keys: readonly string[];
  recorder: Post;
  ends: OwnEnd[];
}>;

class RealStage {
  private readonly expiries: number[] = [];

  private constructor(
    private readonly given: RealCampaign,
    private readonly parts: RealParts,
  ) {}

  get recorder(): Post {
    return this.parts.recorder;
  }

  get writer(): Writer {
    return this.parts.writer;
  }

  static async set(given: RealCampaign): Promise<RealStage> {
    const { folder } = given;
    mkdirSync(folder, { recursive: true });
    const key = randomBytes(32);
    writeFileSync(join(folder, 'mask.key'), key, { mode: 0o600 });
    const account = new Account(key);
    const ends: OwnEnd[] = [];
    const keys = await readLedgerKeys({ data: folder, ledgerKeyFile: undefined });
    const database = await ChaosDatabase.start(false);
    const writer = await Writer.begin(given.kubeconfig, account);
    const wires = {
      database: await Wire.to({ host: '127.0.0.1', port: database.port }),
      cluster: await Wire.to({ host: writer.server.hostname, port: Number(writer.server.port) }),
    };
    const kubeconfig = join(folder, 'kubeconfig');
    const text = readFileSync(given.kubeconfig, 'utf8');
    writeFileSync(kubeconfig, text.replaceAll(writer.server.host, `127.0.0.1:${wires.cluster.port}`), { mode: 0o600 });
    const recorder = new Post({
      name: 'recorder',
      app: 'recorder',
      args: [
        ...flags({ namespace: writer.namespace, kubeconfig, 'mask-key-file': join(folder, 'mask.key') }),
        ...flags({ 'ledger-key-file': join(folder, 'ledger-key.pem'), 'checkpoints-file': checkpointsIn(folder) }),
      ],
      env: { DATABASE_URL: wires.database.leadTo(database.urls.recorder) },
      wires,
      clock: join(folder, 'recorder.clock'),
      log: join(folder, 'recorder.log'),
      heap: join(folder, 'recorder.heap'),
      onOwnEnd: (end) => void ends.push(end),
    });
    const stage = new RealStage(given, { account, writer, database, keys, recorder, ends });
    await recorder.start();
    return stage;
  }

  async inject(kind: RealKind, forMs: number, chance: Chance): Promise<void> {
    const { recorder, writer, database } = this.parts;
    const { cluster } = recorder.wires;
    const meanwhile = () => writer.write(chance, 3);
    switch (kind) {
      case 'api-cut':
        return cluster!.cut();
      case 'api-reset':
        return cluster!.reset();
      case 'api-stall':
        cluster!.stall();
        await Promise.all([sleep(forMs), meanwhile()]);
        return cluster!.resume();
      case 'api-deaf':
        cluster!.deafen();
        await Promise.all([sleep(forMs), meanwhile()]);
        return cluster!.reset();
      case 'kill-recorder':
        await Promise.all([recorder.kill(forMs), meanwhile()]);
        return;
      case 'pause-recorder':
        await Promise.all([recorder.pause(forMs), meanwhile()]);
        return;
      case 'database-crash':
        await Promise.all([database.crash(forMs), meanwhile()]);
        return;
      case 'api-killed':
        return this.command('kill');
      case 'api-restarted':
        return this.command('restart');
      case 'compacted':
        return this.compact(meanwhile);
    }
  }

  /** History goes while the recorder cannot reach the server, and the server forgets what it had in memory. */
  private async compact(meanwhile: () => Promise<void>): Promise<void> {
    const { cluster } = this.recorder.wires;
    cluster!.refuse();
    await meanwhile();
    await this.command('compact');
    await this.command('restart');
    await this.writer.mark();
    cluster!.allow();
    await this.recorder.untilReady(120);
  }

  private async command(line: string): Promise<void> {
    if (!this.given.command) throw new Error('this cluster takes no commands');
    await this.writer.mark();
    // An API server that starts remembers nothing of what was before.
    this.expiries.push(this.writer.newest + 1);
    await this.given.command(line);
  }

  async judge(): Promise<Judgement> {
    const { recorder, writer, account, database, ends, keys } = this.parts;
    const { expiries } = this;
    await recorder.untilReady(120);
    const pool = database.pool();
    try {
      const mark = await writer.mark();
      const isRecorded = async () => {
        // Of the pod itself: another watch that begins anew lists at the same resourceVersion, and may be ahead of that of pods.
        const { rows } = await pool.query(
          `SELECT FROM event WHERE type = 'PodObserved' AND body ->> 'resourceVersion' = $1`,
          [String(mark)],
        );
        return rows.length > 0;
      };
      await until(isRecorded, { seconds: 120, what: () => `what was written was not recorded:\n${recorder.said}` });
      const code = await recorder.stop();
      const [shard] = await new Shards(pool).list();
      const shardId = shard?.shardId ?? 0;
      const observations = await observationsOf(pool, shardId);
      const ofStore = judgeStore({
        account,
        observations,
        until: mark,
        expiries,
        resources: ['pods'],
        trueClock: true,
      });
      const { pictures } = account;
      const ofPictures = judgePictures({ pictures, observations, until: mark, resources: ['pods'] });
      const own = ends
        .filter(({ ready }) => ready)
        .map(({ code: with_, said }) => `the recorder ended by itself with ${with_}: ${said}`);
      const stopped = code === 0 ? [] : [`the recorder stopped with ${code}`];
      const sealed = { keys, checkpoints: checkpointsIn(this.given.folder) };
      const proofs = await judgeProofs(sealed, pool, { shardId, logs: ['event'] });
      return together([{ untruths: [...own, ...stopped], compared: {} }, ofStore, ofPictures, proofs]);
    } finally {
      await pool.end();
    }
  }

  async strike(): Promise<void> {
    await this.recorder.end();
    await this.recorder.closeWires();
    await this.writer.end();
    await this.parts.database.stop();
  }
}

const checkpointsIn = (folder: string): string => join(folder, 'published.checkpoints');
