/** Writes pods and their status into a real cluster, and watches with nothing in between what the API server makes of it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Frame, type Json, type Watch } from '../contract/client.js';
import { until } from '../e2e/service.js';
import type { Chance } from '../live/chance.js';
import type { Account, Noted } from './account.js';

type Living = { name: string; restarts: number };

export class Writer {
  /** The resourceVersion of the newest write of a pod that was seen. */
  newest = 0;
  private readonly living: Living[] = [];
  private readonly seen = new Set<string>();
  private made = 0;
  private position = '';
  private watch: Watch | undefined;
  private isOver = false;
  private watching: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: Client,
    readonly namespace: string,
    private readonly account: Account,
  ) {}

  /** Makes a namespace of its own, and begins to watch it. */
  static async begin(kubeconfig: string, account: Account): Promise<Writer> {
    const client = new Client(kubeconfig);
    const namespace = `chaos-${randomBytes(4).toString('hex')}`;
    await client.createNamespace(namespace);
    const writer = new Writer(client, namespace, account);
    writer.watching = writer.witness();
    return writer;
  }

  get server(): URL {
    return this.client.server;
  }

  /** Some writes: pods come, their init containers start, fail and succeed, pods go. */
  async write(chance: Chance, count: number): Promise<void> {
    for (let nth = 0; nth < count; nth += 1) {
      if (this.living.length < 3 || chance.falls(0.25)) await this.create(`pod-${(this.made += 1)}`);
      else if (chance.falls(0.2)) await this.remove(this.living.shift()!.name);
      else await this.move(chance.pick(this.living), chance);
    }
  }

  /** Waits until all that was written was seen. @returns the resourceVersion of a write that came after it */
  async mark(): Promise<number> {
    const name = `mark-${(this.made += 1)}`;
    const made = await this.create(name);
    this.living.pop();
    await until(() => this.seen.has(name), { seconds: 60, what: () => `the pod ${name} was not seen` });
    return Number(made.resourceVersion);
  }

  async end(): Promise<void> {
    this.isOver = true;
    this.watch?.close();
    await this.watching;
    await this.client.ask('DELETE', `/api/v1/namespaces/${this.namespace}`).catch(() => undefined);
  }

  private get pods(): string {
    return `/api/v1/namespaces/${this.namespace}/pods`;
  }

  private async create(name: string): Promise<{ resourceVersion: string }> {
    const spec = {
      schedulerName: 'nobody',
      terminationGracePeriodSeconds: 0,
      initContainers: [{ name: 'first', image: 'registry.example/first:1' }],
      containers: [{ name: 'app', image: 'registry.example/app:1' }],
    };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
    const made = await this.retried(() => this.client.create(this.pods, body));
    this.living.push({ name, restarts: 0 });
    return made['metadata'] as { resourceVersion: string };
  }

  private async remove(name: string): Promise<void> {
    const path = `${this.pods}/${name}?gracePeriodSeconds=0`;
    await this.retried(async () => {
      const { status, text } = await this.client.ask('DELETE', path);
      if (status >= 300 && status !== 404) throw new Error(`DELETE ${path}: ${status} ${text}`);
      return {};
    });
  }

  /** The next thing that a kubelet would tell of the pod's init container. */
  private async move(pod: Living, chance: Chance): Promise<void> {
    const startedAt = `${new Date().toISOString().slice(0, 19)}Z`;
    const containerID = `containerd://${randomBytes(32).toString('hex')}`;
    const exitCode = chance.falls(0.5) ? 0 : chance.whole(1, 5);
    pod.restarts += 1;
    const ended = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt,
      finishedAt: startedAt,
      containerID,
    };
    const state = chance.falls(0.5) ? { running: { startedAt } } : { terminated: ended };
    const first = {
      name: 'first',
      image: 'first:1',
      imageID: '',
      containerID,
      ready: false,
      restartCount: pod.restarts,
      state,
    };
    const status = { phase: 'Pending', startTime: startedAt, initContainerStatuses: [first] };
    await this.retried(() => this.client.patch(`${this.pods}/${pod.name}/status`, { status }));
  }

  /** The API server may be away, or coming back. */
  private async retried(doing: () => Promise<Json>): Promise<Json> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await doing();
      } catch (error) {
        if (tries > 60 || !/ECONN|socket|hang up|: (403|429|5\d\d)/.test(String(error))) throw error;
        await sleep(500);
      }
    }
  }

  private async witness(): Promise<void> {
    while (!this.isOver) {
      try {
        if (this.position === '') await this.list();
        await this.follow();
      } catch {
        // The API server is away.
        await sleep(100);
      }
    }
  }

  private async list(): Promise<void> {
    const { status, body } = await this.client.get(this.pods);
    if (status !== 200) throw new Error(`the list was answered with ${status}`);
    const { resourceVersion } = body['metadata'] as { resourceVersion: string };
    for (const pod of body['items'] as Noted['object'][]) this.see('ADDED', pod);
    this.position = resourceVersion;
  }

  private async follow(): Promise<void> {
    this.watch = await this.client.watch(
      `${this.pods}?watch=1&allowWatchBookmarks=true&resourceVersion=${this.position}`,
    );
    if (this.watch.status === 410) this.position = '';
    let taken = 0;
    const open = { is: true };
    const ended = this.watch.ended.then(() => void (open.is = false));
    while (open.is || taken < this.watch.frames.length) {
      for (const frame of this.watch.frames.slice(taken)) this.take(frame);
      taken = this.watch.frames.length;
      await Promise.race([ended, sleep(30)]);
    }
  }

  private take({ type, object }: Frame): void {
    if (type === 'ERROR') this.position = '';
    else {
      this.position = String(object.metadata['resourceVersion']);
      if (type !== 'BOOKMARK') this.see(type as Noted['type'], object as unknown as Noted['object']);
    }
  }

  private see(type: Noted['type'], object: Noted['object']): void {
    const { name, resourceVersion } = object.metadata;
    if (type !== 'ADDED' || Number(resourceVersion) > this.newest)
      this.account.note({ resource: 'pods', type, object, at: Date.now() });
    this.newest = Math.max(this.newest, Number(resourceVersion));
    this.seen.add(name);
  }
}
