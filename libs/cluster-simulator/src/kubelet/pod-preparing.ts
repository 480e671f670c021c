import type { StoredObject } from '../api/kube-object.js';
import { listAt, textAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { PodState } from './pod-state.js';
import type { PodRuntime } from './runtime.js';
import type { Work } from './task.js';

const sandboxMs = 350;
const firstRetryMs = 500;
const longestRetryMs = 122_000;

/** What a pod has before its first container: volumes and a sandbox. */
export class PodPreparation {
  private failures = 0;

  constructor(
    private readonly node: Node,
    private readonly pod: StoredObject,
    private readonly runtime: PodRuntime,
  ) {}

  /** Mounts the volumes and makes the sandbox. A missing volume holds up the worker, and nothing but its events tells. False if the sandbox failed. */
  *prepare(state: PodState): Work<boolean> {
    yield* this.mountVolumes();
    yield sandboxMs;
    const { sandbox } = this.node.courseOf(this.pod);
    if (sandbox && this.failures < sandbox.fails) {
      this.failures++;
      this.node.events.tell(this.pod, { type: 'Warning', reason: 'FailedCreatePodSandBox', message: sandbox.message });
      return false;
    }
    this.runtime.createSandbox();
    state.sandbox = 'ready';
    return true;
  }

  private *mountVolumes(): Work {
    for (let delayMs = firstRetryMs; ; delayMs = Math.min(delayMs * 2, longestRetryMs)) {
      const missing = this.missingVolume();
      if (missing === undefined) return;
      this.node.events.tell(this.pod, { type: 'Warning', reason: 'FailedMount', message: missing });
      yield delayMs;
    }
  }

  private missingVolume(): string | undefined {
    for (const volume of listAt(this.pod, 'spec', 'volumes')) {
      const missing =
        this.missing('secrets', textAt(volume, 'secret', 'secretName')) ??
        this.missing('configmaps', textAt(volume, 'configMap', 'name'));
      if (missing) return `MountVolume.SetUp failed for volume "${textAt(volume, 'name')}" : ${missing} not found`;
    }
    return undefined;
  }

  private missing(resource: 'secrets' | 'configmaps', name: string): string | undefined {
    const { namespace = '' } = this.pod.metadata;
    if (!name || this.node.store.get(resource, { namespace, name })) return undefined;
    return `${resource === 'secrets' ? 'secret' : 'configmap'} "${name}"`;
  }
}
