/** A place in the deployment that a process of the service fills: it is started again whenever it ends. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, launch, until, type Service } from '../e2e/service.js';
import type { Wire } from './wire.js';

export type Wires = Readonly<{ database: Wire; cluster?: Wire; queue?: Wire }>;

/** An end that nobody brought about. */
export type OwnEnd = Readonly<{ post: string; code: number | string; ready: boolean; said: string }>;

type Parts = Readonly<{
  name: string;
  app: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  wires: Wires;
  /** The file by which the process's clock is moved. */
  clock: string;
  /** The file that it prints into. */
  log: string;
  /** The file in which it tells of its heap. */
  heap: string;
  /** The folder of the built service; this one unless told. */
  service?: string | undefined;
  onOwnEnd: (end: OwnEnd) => void;
}>;

/** Flags as a process takes them. */
export const flags = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);

const restartAfterMs = 500;

export class Post {
  private service: Service | undefined;
  private wanted = false;
  private starting: Promise<void> = Promise.resolve();
  private port = 0;
  /** How many processes have been begun here. */
  private begun = 0;

  constructor(private readonly parts: Parts) {}

  get name(): string {
    return this.parts.name;
  }

  get wires(): Wires {
    return this.parts.wires;
  }

  /** Where it answers. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The process that fills it now. */
  get pid(): number | undefined {
    return this.service?.process.pid;
  }

  /** Bytes of its heap that are in use, as its process told last; null where it has not yet. */
  get heap(): number | null {
    try {
      const [pid, bytes] = readFileSync(this.parts.heap, 'utf8').split(' ').map(Number);
      return pid === this.pid && bytes ? bytes : null;
    } catch {
      // Nothing was told here yet.
      return null;
    }
  }

  /** The end of what its process has printed. */
  get said(): string {
    return this.service?.output().slice(-3_000) ?? '';
  }

  /** Starts a process, without waiting for it. */
  async start(): Promise<void> {
    this.wanted = true;
    this.starting = this.begin();
    await this.starting;
  }

  /** kill -9, and a new start after a while. */
  async kill(awayMs: number): Promise<void> {
    this.wanted = false;
    await this.starting;
    await this.service?.kill();
    await sleep(awayMs);
    await this.start();
  }

  /** Stands still for a while. */
  async pause(forMs: number): Promise<void> {
    this.signal('SIGSTOP');
    await sleep(forMs);
    this.signal('SIGCONT');
  }

  /** Stands still. @returns what wakes it */
  pauseUntil(): () => void {
    this.signal('SIGSTOP');
    return () => this.signal('SIGCONT');
  }

  /** The process's wall clock is off by so much from now on. */
  setClock(offMs: number): void {
    writeFileSync(this.parts.clock, String(Math.round(offMs)));
  }

  /** Waits until it says that it is ready, or fails with what it says instead. */
  async untilReady(seconds: number): Promise<void> {
    let answer = '';
    const ready = async () => {
      const asked = await this.readiness();
      answer = (await asked?.text().catch(() => '')) ?? 'no answer';
      return asked?.ok === true;
    };
    await until(ready, { seconds, what: () => `${this.name} is not ready: ${answer}\n${this.said}` });
  }

  /** Ends it in good order. @returns its exit code */
  async stop(): Promise<number | null> {
    this.wanted = false;
    await this.starting;
    const { service } = this;
    if (!service || service.process.exitCode !== null || service.process.signalCode !== null) return null;
    const code = await Promise.race([service.stop(), sleep(40_000, 'late' as const, { ref: false })]);
    if (code !== 'late') return code;
    await service.kill();
    throw new Error(`${this.name} did not stop within 40 s\n${this.said}`);
  }

  /** Ends it at once, and for good. */
  async end(): Promise<void> {
    this.wanted = false;
    await this.starting;
    await this.service?.kill();
  }

  /** Closes its ways: it is started no more. */
  async closeWires(): Promise<void> {
    await Promise.all(Object.values(this.wires).map((wire) => wire.close()));
  }

  private readiness(): Promise<Response | undefined> {
    return fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  }

  private async begin(): Promise<void> {
    const nth = (this.begun += 1);
    const { name, app, args, env, clock, log, service: cwd, onOwnEnd } = this.parts;
    this.port ||= await freePort();
    const modules = ['jumping-clock.mjs', 'telling-heap.mjs'].map((file) => new URL(file, import.meta.url).href);
    const options = modules.map((module) => `--import ${module}`).join(' ');
    const preloaded = { NODE_OPTIONS: options, CHAOS_CLOCK: clock, CHAOS_HEAP: this.parts.heap };
    const service = await launch({ app, args, env: { ...env, ...preloaded }, port: this.port, cwd });
    this.service = service;
    appendFileSync(log, `--- ${new Date().toISOString()} ${name} begins\n`);
    for (const stream of [service.process.stdout, service.process.stderr])
      stream?.on('data', (chunk: Buffer) => appendFileSync(log, chunk));
    let ready = false;
    const looking = setInterval(() => void this.readiness().then((answer) => (ready ||= answer?.ok === true)), 1_000);
    service.process.once('exit', (code, signal) => {
      clearInterval(looking);
      if (!this.wanted || this.begun !== nth) return;
      onOwnEnd({ post: name, code: code ?? signal ?? 'unknown', ready, said: service.output().slice(-1_500) });
      setTimeout(() => {
        // Whoever killed what had ended anyway has begun another one.
        if (this.wanted && this.begun === nth) void this.start();
      }, restartAfterMs);
    });
  }

  private signal(signal: NodeJS.Signals): void {
    this.service?.process.kill(signal);
  }
}
