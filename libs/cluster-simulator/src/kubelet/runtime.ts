import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, textAt } from '../api/kube-object.js';
import { linesOf, unstamped } from '../api/pod-logs.js';
import type { Node } from './node.js';
import { serviceExists } from './node.js';
import { nextAttempt } from './cycles.js';
import type { ContainerState, Run } from './pod-state.js';
import { commandOf, imageOf, restartPolicyOf } from './pod-state.js';
import type { Ending, Surroundings } from './shell.js';
import { onTerm, playCommand } from './shell.js';
import { perform } from './task.js';

/** How many lines of an instance's output are kept. */
const logLimit = 200;

const createdBeforeMs = 80;
/** A kubelet grants no less (minimumGracePeriodInSeconds). */
const minimumGraceMs = 2000;

const killed: Ending = { exitCode: 137, reason: 'Error' };

type Live = { run: Run; container: ContainerState; stop: () => void };

/** What a kubelet shows of a log in place of a termination message: 80 lines, and of those the last 2 KiB. */
const lastLines = (log: string): string => linesOf(log).slice(-80).join('').slice(-2048);

/** The runtime knows containers by their names: another process of the kubelet has other objects for them. */
const isAmong = (containers: readonly ContainerState[], { name }: ContainerState): boolean =>
  containers.some((one) => one.name === name);

/** The container runtime's side of one pod: sandboxes and processes, and the account of them. */
export class PodRuntime {
  private readonly live = new Map<string, Live>();
  private readonly volumes = new Map<string, number>();
  private readonly ownFiles = new Map<string, Map<string, number>>();
  private readonly printed = new Map<string, { now: string; before: string | undefined }>();
  private order = 0;
  private sandboxes = 0;
  private cycles = 0;
  private sandboxId: string | undefined;

  private ended: (run: Run | undefined) => void = () => undefined;

  constructor(
    private readonly node: Node,
    private readonly pod: StoredObject,
  ) {}

  /** Whether it shares the node's network. */
  get isOnHost(): boolean {
    return fieldAt(this.pod, 'spec', 'hostNetwork') === true;
  }

  /** Calls `ended` from now on when a process has ended, or (without one) the sandbox, before the kubelet knows. */
  tellTo(ended: (run: Run | undefined) => void): void {
    this.ended = ended;
  }

  /** Whether a sandbox is there and alive. */
  get hasSandbox(): boolean {
    return this.sandboxId !== undefined;
  }

  /** How many passes through the init containers the pod has begun: one for each sandbox, and one for each time that all its containers were replaced. */
  get cycle(): number {
    return this.cycles;
  }

  /** Another pass begins in the same sandbox. */
  beginCycle(): void {
    this.cycles++;
  }

  /** The sandbox dies, and nobody but the runtime knows. */
  killSandbox(): void {
    this.stopSandbox();
    this.ended(undefined);
  }

  /** All dies at once, as when the machine does. */
  killAll(): void {
    for (const { run } of this.live.values()) this.finish(run, killed);
    this.stopSandbox();
  }

  createSandbox(): void {
    const now = this.node.clock.now();
    this.sandboxes++;
    this.cycles++;
    this.sandboxId = this.node.random.identities.hex(64);
    this.node.truth.begin({
      ...this.about('sandbox', this.sandboxId),
      attempt: this.sandboxes - 1,
      createdAt: now,
      startedAt: now,
    });
  }

  stopSandbox(): void {
    if (this.sandboxId)
      this.node.truth.end(this.sandboxId, { finishedAt: this.node.clock.now(), exitCode: 137, reason: 'Error' });
    this.sandboxId = undefined;
  }

  /** Starts the container's next instance. */
  start(container: ContainerState): Run {
    const run = this.begin(container, this.node.clock.now());
    this.printed.set(container.name, { now: '', before: this.printed.get(container.name)?.now });
    const course = playCommand(commandOf(container), this.around(container, true));
    const stop = perform(this.node.clock, course, (ending) => this.end(run, this.withLogs(container, ending)));
    if (run.finishedAt === undefined) this.live.set(run.containerId, { run, container, stop });
    return run;
  }

  /** The container's next instance is created and cannot be started. */
  failToStart(container: ContainerState, message: string): Run {
    const run = this.begin(container, null);
    this.end(run, { exitCode: 128, reason: 'StartError', message });
    return run;
  }

  private begin(container: ContainerState, startedAt: number | null): Run {
    const attempt = nextAttempt(container, restartPolicyOf(this.pod), this.node.shapes);
    const containerId = this.node.random.identities.hex(64);
    const { name, role } = container;
    const createdAt = this.node.clock.now() - createdBeforeMs;
    this.node.truth.begin({
      ...this.about('container', containerId),
      container: name,
      role,
      attempt,
      createdAt,
      startedAt,
    });
    return { containerId, attempt, image: imageOf(container), startedAt, seen: 'nothing' };
  }

  /** Stops what runs of `containers`: SIGTERM, and SIGKILL after the grace. */
  stop(containers: readonly ContainerState[], graceMs: number): void {
    for (const { run, container } of this.live.values()) {
      if (!isAmong(containers, container)) continue;
      const answer = onTerm(commandOf(container));
      const obeys = answer !== undefined && answer.afterMs < graceMs;
      const exitCode = obeys ? answer.exitCode : 137;
      const ending: Ending = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
      const leastGrace = Math.max(graceMs, minimumGraceMs);
      this.node.clock.after(obeys ? answer.afterMs : leastGrace + 60, () => this.finish(run, ending));
    }
  }

  /** Stops what runs of `containers` with no grace. */
  kill(containers: readonly ContainerState[]): void {
    for (const { run, container } of this.live.values()) if (isAmong(containers, container)) this.finish(run, killed);
  }

  isIdle(containers: readonly ContainerState[]): boolean {
    return ![...this.live.values()].some(({ container }) => isAmong(containers, container));
  }

  /** What a command in this container sees: files under /tmp are its own and go with it, all others are those of the pod's volumes. */
  around(container: ContainerState, fresh = false): Surroundings {
    const own = (!fresh && this.ownFiles.get(container.name)) || new Map<string, number>();
    this.ownFiles.set(container.name, own);
    const holder = (path: string): Map<string, number> => (path.startsWith('/tmp/') ? own : this.volumes);
    const { namespace = '' } = this.pod.metadata;
    return {
      files: { get: (path) => holder(path).get(path), set: (path, lines) => void holder(path).set(path, lines) },
      print: (line) => this.print(container.name, line),
      memoryLimited: textAt(container.spec, 'resources', 'limits', 'memory') !== '',
      serviceExists: (name, listening) => serviceExists(this.node.store, { namespace, name }, listening),
    };
  }

  /** What the container's present instance, or the one before it, has printed: each line behind the time of its printing. */
  logs(container: string, previous: boolean): string | undefined {
    const printed = this.printed.get(container);
    return previous ? printed?.before : printed?.now;
  }

  /** Without a message of its own a failure shows the log's end, if the container asks for that. */
  private withLogs(container: ContainerState, ending: Ending): Ending {
    const asked = textAt(container.spec, 'terminationMessagePolicy') === 'FallbackToLogsOnError';
    const message = lastLines(unstamped(this.printed.get(container.name)?.now ?? ''));
    return asked && ending.exitCode !== 0 && ending.message === undefined && message ? { ...ending, message } : ending;
  }

  private print(container: string, line: string): void {
    const printed = this.printed.get(container);
    const stamp = new Date(this.node.clock.now()).toISOString().replace('Z', '000000Z');
    if (printed) printed.now = [...linesOf(printed.now), `${stamp} ${line}\n`].slice(-logLimit).join('');
  }

  private finish(run: Run, ending: Ending): void {
    this.live.get(run.containerId)?.stop();
    if (run.finishedAt === undefined) this.end(run, ending);
  }

  private end(run: Run, { exitCode, reason, message }: Omit<Ending, 'reason'> & { reason: string }): void {
    const finishedAt = this.node.clock.now();
    Object.assign(run, {
      finishedAt,
      exitCode,
      reason,
      ...(message === undefined ? {} : { message }),
    });
    this.live.delete(run.containerId);
    this.node.truth.end(run.containerId, { finishedAt, exitCode, reason });
    this.ended(run);
  }

  private about(kind: 'container' | 'sandbox', containerId: string) {
    const { uid: podUid, name: pod, namespace = '' } = this.pod.metadata;
    const cycle = this.cycles;
    const unknown = { finishedAt: null, exitCode: null, reason: null };
    return { podUid, pod, namespace, node: this.node.name, kind, containerId, cycle, order: this.order++, ...unknown };
  }
}
