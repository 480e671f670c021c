import type { StoredObject } from '../api/kube-object.js';
import type { ContainerCourse, Node } from './node.js';
import type { ContainerState } from './pod-state.js';

/** Of 59 recorded back-offs 5 were never told, of 130 sandboxes 4; after 8 of 59 the kubelet was woken at once. */
const chances = { hushedBackOff: 5 / 59, hushedSandbox: 4 / 130, woken: 8 / 59 };

/** What happens to one pod without its doing: decided by a scenario, or else by chance on a busy node, or else not at all. */
export class PodCourse {
  private wokenFor = '';

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
    return containers.map((one) => this.of(one).everyMs).find((ms) => ms !== undefined);
  }

  /** Whether the back-off before the container's next instance is overtaken by its start, and never told. */
  hushesBackOff(container: ContainerState): boolean {
    const decided = this.of(container).hushedBefore;
    return decided ? decided.includes((container.run?.attempt ?? -1) + 1) : this.happens(chances.hushedBackOff);
  }

  /** Whether the write that tells of the sandbox is overtaken by that of the first container. */
  hushesSandbox(): boolean {
    return this.node.courseOf(this.pod).sandboxHushed ?? this.happens(chances.hushedSandbox);
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
