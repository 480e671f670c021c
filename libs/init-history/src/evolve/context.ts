/** What a history keeps of its context, so that a later change of it can be told from what was never known. */
import type { Context } from '../context.js';
import { newestCycle, type PodHistory } from '../history.js';
import { withCycle } from './cycles.js';

/** The first boot id that is known in a cycle is what the next one's is held against. */
function withBoot(history: PodHistory, bootId: string | null): PodHistory {
  const cycle = newestCycle(history);
  return cycle && cycle.bootId === null && bootId !== null
    ? withCycle(history, cycle.number, () => ({ bootId }))
    : history;
}

function withKubelet(history: PodHistory, kubeletVersion: string | null): PodHistory {
  const { sandbox } = history;
  return sandbox.ready?.kubeletVersion === null && kubeletVersion !== null
    ? { ...history, sandbox: { ...sandbox, ready: { ...sandbox.ready, kubeletVersion } } }
    : history;
}

/** A pod never changes its namespace: the first uid that is known of it is its own (design section 11). */
const withNamespace = (history: PodHistory, uid: string | null): PodHistory =>
  history.namespaceUid === null && uid !== null ? { ...history, namespaceUid: uid } : history;

/** The history with what its context told for the first time. */
export const withContext = (history: PodHistory, { node, namespace }: Context): PodHistory =>
  withNamespace(
    withKubelet(withBoot(history, node?.bootId ?? null), node?.kubeletVersion ?? null),
    namespace?.uid ?? null,
  );
