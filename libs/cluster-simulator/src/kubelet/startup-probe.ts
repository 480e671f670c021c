import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, listAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState } from './pod-state.js';
import { fieldPathOf } from './pod-state.js';
import { probeSucceeds, type Surroundings } from './shell.js';

const firstAfterMs = 150;

/** Asks a container's startup probe until it succeeds, and then calls `started`. It ends with the instance. */
export function probeStartup(
  node: Node,
  pod: StoredObject,
  { container, around, started }: { container: ContainerState; around: Surroundings; started: () => void },
): void {
  const probe = fieldAt(container.spec, 'startupProbe');
  const periodMs = Number(fieldAt(probe, 'periodSeconds') ?? 10) * 1000;
  const command = listAt(probe, 'exec', 'command').map(String);
  const { run } = container;
  const ask = (): void => {
    if (container.run !== run || run?.finishedAt !== undefined) return;
    if (probeSucceeds(command, around)) return started();
    const fieldPath = fieldPathOf(container);
    node.events.tell(pod, { type: 'Warning', reason: 'Unhealthy', message: 'Startup probe failed: ', fieldPath });
    node.clock.after(periodMs, ask);
  };
  node.clock.after(firstAfterMs, ask);
}
