/** A pod that only Events told of, as it is told: what they prove, and nothing else. */
import type { Finding, Gap, PodAccount } from '../account.js';
import type { Context } from '../context.js';
import { gapsTouching, toGap } from '../gaps.js';
import type { PodHistory } from '../history.js';
import type { Trace, UnseenPod } from '../unseen-pod.js';
import { unknownDuration } from '../phases/edge.js';

const worded = ({ deed, container, at }: Trace): string =>
  [container ?? 'the pod', deed, ...(at === null ? [] : [`at ${at}`])].join(' ');

function seenOnlyInEvents({ traces, position }: UnseenPod): Finding {
  const proven = traces.length === 0 ? 'that it was there' : [...new Set(traces.map(worded))].join(', ');
  return {
    kind: 'seenOnlyInEvents',
    summary: `No frame showed this pod: it came and went unseen. Its Events prove: ${proven}`,
    container: null,
    confidence: 'strong',
    evidence: [...new Set([...traces.map((trace) => trace.position), position])],
    at: traces[0]?.at ?? null,
  };
}

/** The gaps that its Events fall into. */
const gapsOf = ({ traces }: UnseenPod, { gaps }: Context): readonly Gap[] =>
  traces.length === 0 ? [] : gapsTouching(gaps, traces[0]?.at ?? null, traces.at(-1)?.at ?? null).map(toGap);

/** Null while a frame may still show it, and once one did. */
export function unseenAccount({ first, unseen, namespaceUid }: PodHistory, context: Context): PodAccount | null {
  if (first !== null || unseen === null || unseen.happening === null) return null;
  return {
    uid: unseen.uid,
    namespace: unseen.namespace,
    namespaceUid: namespaceUid ?? context.namespace?.uid ?? null,
    name: unseen.name,
    workload: { apiVersion: 'v1', kind: 'Pod', name: unseen.name, uid: unseen.uid, resolved: false },
    revision: null,
    node: unseen.node,
    zone: null,
    kubeletVersion: null,
    labels: {},
    createdAt: null,
    deletedAt: null,
    status: null,
    ready: null,
    restarts: null,
    lastRestartAt: null,
    initRestarts: 0,
    state: 'unknown',
    category: null,
    categoryEvidence: null,
    stuckSince: null,
    duration: unknownDuration,
    sinceCreation: unknownDuration,
    sinceScheduled: unknownDuration,
    toAppStarted: unknownDuration,
    cycles: [],
    findings: [seenOnlyInEvents(unseen)],
    gaps: gapsOf(unseen, context),
  };
}
