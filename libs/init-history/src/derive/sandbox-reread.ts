/** What the time of a sandbox is worth depends on the kubelet that wrote it, and its version may become known late. */
import type { Context } from '../context.js';
import type { Happening } from '../happenings.js';
import type { SandboxReady } from '../happenings/of-pod.js';
import { cycleNumber, type PodHistory } from '../history.js';
import { nodeTime, type Sight } from './sight.js';
import { tell } from './tell.js';

/** Kubelets of 1.29 to 1.35 write the condition with the first container: its time includes that pull (semantics 1.2 row 5). */
export function writtenBy({ node }: Context): Pick<SandboxReady, 'kubeletVersion' | 'includesFirstImagePull'> {
  const kubeletVersion = node?.kubeletVersion ?? null;
  const minor = Number(/^v?1\.(\d+)/.exec(kubeletVersion ?? '')?.[1]);
  return { kubeletVersion, includesFirstImagePull: minor < 36 };
}

/** The present sandbox was told while its kubelet's version was not known, and would be told otherwise now. */
export function sandboxReread(history: PodHistory, sight: Sight): readonly Happening[] {
  const { ready, readyAt, ordinal } = history.sandbox;
  const now = writtenBy(sight.context);
  if (ready === null || ready.kubeletVersion !== null || now.includesFirstImagePull === ready.includesPull) return [];
  const cycle = history.cycles.findLast((one) => one.sandboxReadyAt === readyAt);
  return [
    tell(history, sight, {
      type: 'SandboxReady',
      key: [readyAt, `kubelet|${now.kubeletVersion}`],
      when: nodeTime(readyAt, 'status.conditions.PodReadyToStartContainers'),
      basis: 'reconstructed',
      container: null,
      cycle: cycle?.number ?? cycleNumber(history),
      evidence: [ready.position],
      supersedes: ready.happening,
      ordinal,
      podIP: ready.podIP,
      ...now,
    }),
  ];
}
