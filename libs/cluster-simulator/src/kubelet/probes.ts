import type { Clock } from '../api/clock.js';
import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, listAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState, Run } from './pod-state.js';
import { fieldPathOf, isRunning } from './pod-state.js';
import { probeSucceeds, type Surroundings } from './shell.js';

/** The kinds of probes, by the name of their event. */
const kinds = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' } as const;
type Kind = keyof typeof kinds;

/** What a probe needs of its pod's worker. */
export type Probed = Readonly<{
  node: Node;
  /** The pod as its events name it. */
  bound: StoredObject;
  around(container: ContainerState): Surroundings;
  /** Whether nothing of the pod is watched any longer. */
  isOver(): boolean;
  /** A probe's result changed: what it says of the container is set already. */
  onResult(kind: Kind, container: ContainerState): void;
  /** A container that was probed is no longer there to be probed. */
  wake(): void;
}>;

const askMs = 60;

/** What a runtime answers when it is to run something in a container that has just ended. */
const exited = 'rpc error: code = Unknown desc = failed to exec in container: container is in CONTAINER_EXITED state';

/** One probe of one container: it asks each period, counted from when the pod was first seen, and only while the kubelet knows the container to run. */
class Prober {
  private run: Run | undefined;
  private failures = 0;
  private isHeld = false;
  private hasTold = false;
  private readonly spec: unknown;

  constructor(
    private readonly pod: Probed,
    private readonly container: ContainerState,
    private readonly kind: Kind,
  ) {
    this.spec = fieldAt(container.spec, `${kind}Probe`);
  }

  start(): void {
    const periodMs = this.number('periodSeconds', 10) * 1000;
    const { clock } = this.pod.node;
    const tick = (): void => {
      if (this.pod.isOver()) return;
      clock.after(periodMs, tick);
      this.ask(clock);
    };
    clock.after(periodMs, tick);
  }

  private ask(clock: Clock): void {
    const { container, kind } = this;
    if (container.run !== this.run && isRunning(container)) {
      Object.assign(this, { run: container.run, failures: 0, isHeld: false, hasTold: false });
    }
    if (!this.run || this.isHeld) return;
    if (!isRunning(container) || container.run !== this.run) return this.onceEnded();
    if (kind === 'startup' ? container.probed : !container.probed) return;
    const startedAt = Math.floor((this.run.startedAt ?? 0) / 1000) * 1000;
    if (clock.now() - startedAt < this.number('initialDelaySeconds', 0) * 1000) return;
    const { run } = this;
    clock.after(askMs, () => this.answer(run));
  }

  /** The end of what was probed is a result, too, and it wakes the kubelet (prober/worker.go). */
  private onceEnded(): void {
    if (this.hasTold || this.kind === 'readiness') return;
    this.hasTold = true;
    this.pod.wake();
  }

  private answer(run: Run): void {
    const { container, kind, pod } = this;
    if (pod.isOver() || container.run !== run || !isRunning(container)) return;
    if (run.finishedAt !== undefined)
      return this.tell(`${kinds[kind]} probe errored and resulted in unknown state: ${exited}`);
    const command = listAt(this.spec, 'exec', 'command').map(String);
    if (probeSucceeds(command, pod.around(container))) return this.succeed();
    this.tell(`${kinds[kind]} probe failed: `);
    this.failures++;
    if (this.failures >= this.number('failureThreshold', 3)) this.fail();
  }

  private succeed(): void {
    const { container, kind } = this;
    this.failures = 0;
    const news = (kind === 'startup' && !container.probed) || (kind === 'readiness' && !container.isServing);
    if (kind === 'startup') container.probed = true;
    if (kind === 'readiness') container.isServing = true;
    if (news) this.pod.onResult(kind, container);
  }

  private fail(): void {
    const { container, kind } = this;
    if (kind === 'readiness') {
      if (!container.isServing) return;
      container.isServing = false;
    } else {
      this.isHeld = true;
      container.condemned =
        container.role === 'app'
          ? `Container ${container.name} failed ${kind} probe, will be restarted`
          : `Init container ${container.name} failed ${kind} probe`;
    }
    this.pod.onResult(kind, container);
  }

  private tell(message: string): void {
    const { node, bound } = this.pod;
    const fieldPath = fieldPathOf(this.container);
    node.events.tell(bound, { type: 'Warning', reason: 'Unhealthy', message, fieldPath });
  }

  private number(name: string, otherwise: number): number {
    const value = fieldAt(this.spec, name);
    return typeof value === 'number' ? value : otherwise;
  }
}

/** Begins to ask all probes of these containers. */
export function startProbes(pod: Probed, containers: readonly ContainerState[]): void {
  for (const container of containers) {
    for (const kind of Object.keys(kinds) as Kind[])
      if (fieldAt(container.spec, `${kind}Probe`) !== undefined) new Prober(pod, container, kind).start();
  }
}
