import type { StoredObject } from '../api/kube-object.js';
import { linesOf, unstamped } from '../api/pod-logs.js';
import { textAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import { serviceExists } from './node.js';
import type { ContainerState, Run } from './pod-state.js';
import { commandOf, imageOf } from './pod-state.js';
import type { Ending, Surroundings } from './shell.js';
import { onTerm, playCommand } from './shell.js';
import { perform } from './task.js';

/** How many lines of an instance's output are kept. */
const logLimit = 200;

const createdBeforeMs = 80;

type Live = { run: Run; container: ContainerState; stop: () => void };

/** The container runtime's side of one pod: sandboxes and processes, and the account of them. */
export class PodRuntime {
  private readonly live = new Map<string, Live>();
  private readonly volumes = new Map<string, number>();
  private readonly ownFiles = new Map<string, Map<string, number>>();
  private readonly printed = new Map<string, { now: string; before: string | undefined }>();
  private order = 0;
  private cycle = 0;
  private sandboxId: string | undefined;

  /** @param ended is called when a process has ended, before the kubelet knows */
  constructor(
    private readonly node: Node,
    private readonly pod: StoredObject,
    private readonly ended: (run: Run) => void,
  ) {}

  createSandbox(): void {
    const now = this.node.clock.now();
    this.cycle++;
    this.sandboxId = this.node.random.identities.hex(64);
    this.node.truth.begin({
      ...this.about('sandbox', this.sandboxId),
      attempt: this.cycle - 1,
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
    const attempt = container.run ? container.run.attempt + 1 : 0;
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
      if (!containers.includes(container)) continue;
      const answer = onTerm(commandOf(container));
      const obeys = answer !== undefined && answer.afterMs < graceMs;
      const exitCode = obeys ? answer.exitCode : 137;
      const ending: Ending = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
      this.node.clock.after(obeys ? answer.afterMs : graceMs + 60, () => this.kill(run, ending));
    }
  }

  isIdle(containers: readonly ContainerState[]): boolean {
    return ![...this.live.values()].some(({ container }) => containers.includes(container));
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
    const message = unstamped(this.printed.get(container.name)?.now ?? '');
    return asked && ending.exitCode !== 0 && ending.message === undefined && message
      ? { ...ending, message: message.slice(-2048) }
      : ending;
  }

  private print(container: string, line: string): void {
    const printed = this.printed.get(container);
    const stamp = new Date(this.node.clock.now()).toISOString().replace('Z', '000000Z');
    if (printed) printed.now = [...linesOf(printed.now), `${stamp} ${line}\n`].slice(-logLimit).join('');
  }

  private kill(run: Run, ending: Ending): void {
    this.live.get(run.containerId)?.stop();
    if (run.finishedAt === undefined) this.end(run, ending);
  }

  private end(run: Run, { exitCode, reason, message }: Omit<Ending, 'reason'> & { reason: string }): void {
    Object.assign(run, {
      finishedAt: this.node.clock.now(),
      exitCode,
      reason,
      ...(message === undefined ? {} : { message }),
    });
    this.live.delete(run.containerId);
    this.node.truth.end(run.containerId, { finishedAt: this.node.clock.now(), exitCode, reason });
    this.ended(run);
  }

  private about(kind: 'container' | 'sandbox', containerId: string) {
    const { uid: podUid, name: pod, namespace = '' } = this.pod.metadata;
    const { cycle } = this;
    const unknown = { finishedAt: null, exitCode: null, reason: null };
    return { podUid, pod, namespace, node: this.node.name, kind, containerId, cycle, order: this.order++, ...unknown };
  }
}
