import type { StoredObject } from '../api/kube-object.js';
import type { ContainerCourse, Node } from './node.js';
import type { ContainerState } from './pod-state.js';

/** Of 59 recorded back-offs 5 were never told, of 130 sandboxes 4; after 8 of 59 the kubelet was woken at once. */
const chances = { hushedBackOff: 5 / 59, hushedSandbox: 4 / 130, woken: 8 / 59 };

/** An end that is missed by one look is older than this when the next one finds it. */
const missedMs = 1100;

/** What happens to one pod without its doing: decided by a scenario, or else by chance on a busy node, or else not at all. */
export class PodCourse {
  private wokenFor = '';
  private hasBegun = false;
  private readonly hushed = new Set<string>();

  constructor(
    private readonly node: Node,
    private readonly pod: StoredObject,
  ) {}

  /** How much longer than its back-off the kubelet waits after this failure: a factor from 1 to 1.5. */
  stretchOf(containers: readonly ContainerState[]): number {
    const decided = containers
      .map((one) => this.of(one).stretchAfter?.[one.run?.attempt ?? -1])
      .find((factor) => factor !== undefined);
    return decided ?? this.node.random.between(1, 1.5);
  }

  /** How long until a start that came to nothing is tried again, where that is decided. */
  retryMs(containers: readonly ContainerState[]): number | undefined {
    return containers.map((one) => this.everyMs(one)).find((ms) => ms !== undefined);
  }

  /** Whether something wakes the kubelet while this instance runs. */
  wakesDuring(container: ContainerState): boolean {
    return this.of(container).wokenDuring?.includes(container.run?.attempt ?? -1) ?? false;
  }

  /** Whether a look happens to find this instance right after its start. */
  isSeenAtOnce(container: ContainerState): boolean {
    return this.of(container).seenAtOnce?.includes(container.run?.attempt ?? -1) ?? false;
  }

  private everyMs(container: ContainerState): number | undefined {
    const { everyMs } = this.of(container);
    return typeof everyMs === 'object' ? everyMs[container.run?.attempt ?? -1] : everyMs;
  }

  /** Whether what a sync tells is overtaken by what it does: a start after a back-off, the sandbox, the next container. */
  hushesTelling(
    containers: readonly ContainerState[],
    starter: Readonly<{ backOffUntil(container: ContainerState): number }>,
  ): boolean {
    if (this.hushesBeginning()) return true;
    const now = this.node.clock.now();
    const due = containers.filter(
      (one) => one.waiting?.reason === 'CrashLoopBackOff' && starter.backOffUntil(one) <= now,
    );
    return due.some((one) => this.hushesBackOff(one)) || containers.some((one) => this.hushesNews(one));
  }

  /** Whether the back-off before the container's next instance is overtaken by its start, and never told. */
  private hushesBackOff(container: ContainerState): boolean {
    const decided = this.of(container).hushedBefore;
    return decided ? decided.includes((container.run?.attempt ?? -1) + 1) : this.happens(chances.hushedBackOff);
  }

  /** Whether the write that tells of the sandbox is overtaken by that of the first container. */
  hushesSandbox(cycle: number): boolean {
    const { sandboxHushed } = this.node.courseOf(this.pod);
    return sandboxHushed?.includes(cycle) ?? this.happens(chances.hushedSandbox);
  }

  /** Whether the telling of the container's start or end is overtaken by what follows it. True once for each. */
  private hushesNews(container: ContainerState): boolean {
    const { run } = container;
    const { startsHushed, endsHushed } = this.of(container);
    if (!run || run.seen === 'nothing') return false;
    const news = `${run.seen} ${run.containerId}`;
    const isHushed = (run.seen === 'running' ? startsHushed : endsHushed)?.includes(run.attempt) ?? false;
    if (!isHushed || this.hushed.has(news)) return false;
    this.hushed.add(news);
    return true;
  }

  /** Whether a look at the runtime comes too early to see this end: the next one finds it. */
  misses(container: ContainerState, now: number): boolean {
    const { run } = container;
    if (run?.finishedAt === undefined || !this.of(container).endsMissed?.includes(run.attempt)) return false;
    return now - run.finishedAt < missedMs;
  }

  /** Whether the first telling of the pod is overtaken by that of its sandbox. True once. */
  private hushesBeginning(): boolean {
    const isFirst = !this.hasBegun;
    this.hasBegun = true;
    return isFirst && (this.node.courseOf(this.pod).beginningHushed ?? false);
  }

  /** Whether a sidecar's start, after its startup probe, is written before its readiness is known. */
  get tellsStartApart(): boolean {
    return this.node.courseOf(this.pod).startToldApart ?? false;
  }

  /** Whether something wakes the kubelet after it told this container's end, so that the back-off is told at once. True once for each instance. */
  wakesAfter(container: ContainerState): boolean {
    const { run, waiting } = container;
    if (!run || waiting?.reason !== 'CrashLoopBackOff' || run.seen !== 'exited' || this.wokenFor === run.containerId)
      return false;
    const decided = this.of(container).wokenAfter;
    this.wokenFor = run.containerId;
    return decided ? decided.includes(run.attempt) : this.happens(chances.woken);
  }

  private of({ name }: ContainerState): ContainerCourse {
    return this.node.courseOf(this.pod).containers?.[name] ?? {};
  }

  private happens(chance: number): boolean {
    return this.node.busy && this.node.random.next() < chance;
  }
}
