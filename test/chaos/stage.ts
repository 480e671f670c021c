/** Everything that a campaign plays with: cluster, database, receiver, and the processes of the deployment of the moment. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '#libs/cluster-simulator';
import { readLedgerKeys } from '#libs/event-store';
import { startRedis, type TestRedis } from '#testing/platform';
import { Account } from './account.js';
import { ChaosDatabase } from './database.js';
import type { Deployment } from './kinds.js';
import { Load, type Pace } from './load.js';
import { flags, Post, type OwnEnd, type Wires } from './post.js';
import { Receiver } from './receiver.js';
import { Wire } from './wire.js';

/** When something is stuck here: soon. */
export const limits = { defaultSeconds: 6, floorSeconds: 1, factor: 1.5, minSamples: 20 };

/** `service`: the folder of the built service; this one unless told. */
export type StageChoice = Readonly<{
  seed: number;
  folder: string;
  mount: boolean;
  pace: Pace;
  service?: string | undefined;
  /** Whether jobs are kept in Redis. */
  redis?: boolean | undefined;
}>;

type StageParts = Readonly<{
  simulator: Simulator;
  account: Account;
  database: ChaosDatabase;
  receiver: Receiver;
  redis: TestRedis | undefined;
  keys: readonly string[];
}>;

const historyOf = { maxRevisions: 1_000_000, maxAgeMs: 900_000 };
/** Long enough for no campaign to forget what it is compared with. */
const truthKept = 1_000_000;

export class Stage {
  /** The resourceVersions before which the API server answered 410 at some time. */
  readonly expiries: number[] = [];
  readonly ownEnds: OwnEnd[] = [];
  readonly load: Load;
  private posts = new Map<string, Post>();
  private rogues = 0;

  private constructor(
    private readonly parts: StageParts,
    private readonly choice: StageChoice,
  ) {
    this.load = new Load(parts.simulator, choice.seed, choice.pace);
  }

  get simulator(): Simulator {
    return this.parts.simulator;
  }

  get account(): Account {
    return this.parts.account;
  }

  get database(): ChaosDatabase {
    return this.parts.database;
  }

  get receiver(): Receiver {
    return this.parts.receiver;
  }

  /** Where the jobs are. @throws RangeError where they are in the database */
  get redis(): TestRedis {
    if (!this.parts.redis) throw new RangeError('there is no Redis in this campaign');
    return this.parts.redis;
  }

  /** What the logs are sealed with. */
  get keys(): readonly string[] {
    return this.parts.keys;
  }

  static async set(choice: StageChoice): Promise<Stage> {
    const { folder, seed, mount } = choice;
    mkdirSync(folder, { recursive: true });
    const key = randomBytes(32);
    writeFileSync(join(folder, 'mask.key'), key, { mode: 0o600 });
    const keys = await readLedgerKeys({ data: folder, ledgerKeyFile: undefined });
    const receiver = await Receiver.start();
    const redis = choice.redis ? await startRedis() : undefined;
    const database = await ChaosDatabase.start(mount);
    const simulator = await startSimulator({
      seed,
      nodes: ['node-a', 'node-b', 'node-c'],
      history: historyOf,
      bookmarkIntervalMs: 1_000,
      truthKept,
    });
    const account = Account.of(simulator.store, key);
    const stage = new Stage({ simulator, account, database, receiver, redis, keys }, choice);
    // The watch cache of a server that was away begins anew.
    const { outage, revisions } = simulator.store;
    outage.listen({ onAnswer: () => void stage.expiries.push(revisions.current) });
    return stage;
  }

  /** The file that checkpoints are published in. */
  get checkpoints(): string {
    return join(this.choice.folder, 'published.checkpoints');
  }

  get running(): readonly Post[] {
    return [...this.posts.values()];
  }

  /** A process of the deployment; of a pair the one that is asked for. */
  post(name: string, which: 0 | 1 = 0): Post {
    const found = (which === 1 && this.posts.get(`${name}-b`)) || this.posts.get(name);
    if (!found) throw new RangeError(`there is no ${name} in this deployment`);
    return found;
  }

  /** Whether a Lease decides who records. */
  get isLed(): boolean {
    return this.posts.has('recorder-b');
  }

  /** Where the API answers. */
  get api(): Post {
    return this.posts.get('api') ?? this.post('standalone');
  }

  /** Begins all processes of a deployment, without waiting until they are ready: faults happen to their start, too. */
  async deploy(deployment: Deployment): Promise<void> {
    const names = {
      three: ['recorder', 'projector', 'api'],
      pairs: ['recorder', 'recorder-b', 'projector', 'projector-b', 'api'],
      standalone: ['standalone'],
    }[deployment];
    for (const name of names) {
      const app = name.replace('-b', '');
      const led = deployment === 'pairs' && app === 'recorder' ? ['--leader-election'] : [];
      this.posts.set(name, await this.place(name, app, led));
    }
    await Promise.all(this.running.map((post) => post.start()));
  }

  /** Waits until every process says that it is ready. */
  async untilReady(): Promise<void> {
    await Promise.all(this.running.map((post) => post.untilReady(300)));
  }

  /** Stops all processes in good order. @returns what was not in good order */
  async withdraw(): Promise<string[]> {
    const { running } = this;
    const codes = await Promise.all(running.map((post) => post.stop().catch((error: Error) => error.message)));
    await Promise.all(running.map((post) => post.closeWires()));
    this.posts = new Map();
    return codes.flatMap((code, nth) => (code === 0 ? [] : [`${running[nth]?.name} stopped with ${code}`]));
  }

  /** Nothing is wrong any more. */
  heal(): void {
    this.simulator.faults.heal();
    this.receiver.be('well');
    for (const post of this.running) post.setClock(0);
  }

  /** The API server knows no position from before any more. */
  expire(how: 'expire' | 'compact'): void {
    const { faults, store } = this.simulator;
    this.expiries.push(store.revisions.current);
    faults[how]();
  }

  /** One more recorder, which nobody led, and which nothing comes between. */
  async rogue(): Promise<Post> {
    this.rogues += 1;
    const post = await this.place(`rogue-${this.rogues}`, 'recorder', []);
    await post.start();
    return post;
  }

  async strike(): Promise<void> {
    this.load.stop();
    await Promise.all(this.running.map((post) => post.end()));
    await Promise.all(this.running.map((post) => post.closeWires()));
    await this.simulator.close();
    await this.receiver.close();
    await this.parts.redis?.stop();
    await this.database.stop();
  }

  private async place(name: string, app: string, more: readonly string[]): Promise<Post> {
    const { folder, service } = this.choice;
    const { database } = this;
    const records = app === 'recorder' || app === 'standalone';
    const toDatabase = await Wire.to({ host: '127.0.0.1', port: database.port });
    const { hostname: host, port } = new URL(this.simulator.url);
    const toCluster = records ? await Wire.to({ host, port: Number(port) }) : undefined;
    const delivers = app === 'projector' || app === 'standalone';
    const { redis } = this.parts;
    const toQueue =
      redis && delivers ? await Wire.to({ host: '127.0.0.1', port: Number(new URL(redis.url).port) }) : undefined;
    const wires: Wires = {
      database: toDatabase,
      ...(toCluster && { cluster: toCluster }),
      ...(toQueue && { queue: toQueue }),
    };
    const url = app === 'standalone' ? database.adminUrl : database.urls[app as keyof typeof database.urls];
    const args = [
      ...(toCluster ? flags({ source: 'kubernetes', kubeconfig: this.kubeconfig(name, toCluster) }) : []),
      ...(delivers ? this.alerting() : []),
      ...flags({ 'mask-key-file': join(folder, 'mask.key'), 'ledger-key-file': join(folder, 'ledger-key.pem') }),
      ...flags({ 'checkpoints-file': this.checkpoints, data: join(folder, name) }),
      ...more,
    ];
    const env = {
      DATABASE_URL: toDatabase.leadTo(url),
      ...(redis && toQueue && { REDIS_URL: toQueue.leadTo(redis.url) }),
    };
    const [clock, log, heap] = ['clock', 'log', 'heap'].map((kind) => join(folder, `${name}.${kind}`)) as [
      string,
      string,
      string,
    ];
    return new Post({
      name,
      app,
      args,
      env,
      wires,
      service,
      clock,
      log,
      heap,
      onOwnEnd: (end) => void this.ownEnds.push(end),
    });
  }

  private alerting(): string[] {
    const { defaultSeconds, floorSeconds, factor, minSamples } = limits;
    return flags({
      'webhook-url': this.receiver.url,
      'stuck-after-seconds': defaultSeconds,
      'stuck-floor-seconds': floorSeconds,
      'stuck-factor': factor,
      'stuck-min-samples': minSamples,
    });
  }

  private kubeconfig(name: string, wire: Wire): string {
    const file = join(this.choice.folder, `${name}.kubeconfig`);
    const text = this.simulator.kubeconfig.replaceAll(this.simulator.url, `http://127.0.0.1:${wire.port}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }
}
