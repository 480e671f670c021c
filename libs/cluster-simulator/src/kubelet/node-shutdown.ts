import { textAt, type StoredObject } from '../api/kube-object.js';
import type { Kubelet } from './kubelet.js';
import { tellNotReady } from './node-conditions.js';
import { tellOfNode } from './node-events.js';
import { graceMsOf, isCritical, isTerminal } from './pod-state.js';
import type { Store } from './store.js';

/** What the node gives its pods before it goes: 20 s in all, the last 8 s for those that are critical (`shutdownGracePeriod`, `...CriticalPods`). */
const ordinaryMs = 12_000;
const criticalMs = 8000;
const lookMs = 500;

const why = {
  reason: 'Terminated',
  message: 'Pod was terminated in response to imminent node shutdown.',
  inEvent: false,
  isDisrupted: true,
};

/**
 * The node is shut down in good order: it is not ready, takes no pods, ends those that it has, the critical ones last, and goes.
 * `startKubelet` and `reboot` start it again, with another boot id (`k/k:pkg/kubelet/nodeshutdown`; recorded: node-shutdown).
 */
export function shutDown(kubelet: Kubelet, store: Store): void {
  const { clock, name } = kubelet;
  if (!kubelet.isRunning) return;
  kubelet.refusePods();
  const message = 'Shutdown manager detected shutdown event';
  tellOfNode(kubelet.node, { type: 'Normal', reason: 'Shutdown', message });
  tellNotReady({ store, clock, name }, 'node is shutting down');
  const status = `Node ${name} status is now: NodeNotReady`;
  tellOfNode(kubelet.node, { type: 'Normal', reason: 'NodeNotReady', message: status });
  const stop = (pods: readonly StoredObject[], forMs: number, then: () => void): void => {
    for (const pod of pods) kubelet.stopPod(pod.metadata.uid, { ...why, graceMs: Math.min(graceMsOf(pod), forMs) });
    untilOver(kubelet, store, { pods, until: clock.now() + forMs, goOn: then });
  };
  stop(
    kubelet.boundPods.filter((pod) => !isCritical(pod)),
    ordinaryMs,
    () =>
      stop(kubelet.boundPods.filter(isCritical), criticalMs, () => {
        kubelet.stopKubelet();
        kubelet.killAll();
      }),
  );
}

type Waiting = Readonly<{ pods: readonly StoredObject[]; until: number; goOn: () => void }>;

/** Goes on when all these pods have ended, or their time is over. */
function untilOver(kubelet: Kubelet, store: Store, waiting: Waiting): void {
  const { clock } = kubelet;
  const isOver = ({ metadata: { namespace = '', name, uid } }: StoredObject): boolean => {
    const now = store.get('pods', { namespace, name });
    return now?.metadata.uid !== uid || isTerminal(textAt(now, 'status', 'phase'));
  };
  if (clock.now() >= waiting.until || waiting.pods.every(isOver)) return waiting.goOn();
  clock.after(lookMs, () => untilOver(kubelet, store, waiting));
}
