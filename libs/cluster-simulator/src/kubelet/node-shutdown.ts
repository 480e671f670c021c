import { fieldAt, textAt, type StoredObject } from '../api/kube-object.js';
import { EventRecorder } from './event-recorder.js';
import type { Kubelet } from './kubelet.js';
import { tellNotReady } from './node-conditions.js';
import { graceMsOf, isTerminal } from './pod-state.js';
import type { Store } from './store.js';

/** What the node gives its pods before it goes: 30 s in all, the last 10 s for those that are critical (`shutdownGracePeriod`, `...CriticalPods`). */
const ordinaryMs = 20_000;
const criticalMs = 10_000;
const criticalFrom = 2_000_000_000;
const lookMs = 500;

const why = { reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' };

const isCritical = (pod: StoredObject): boolean => Number(fieldAt(pod, 'spec', 'priority') ?? 0) >= criticalFrom;

/**
 * The node is shut down in good order: it is not ready, takes no pods, ends those that it has, the critical ones last, and goes.
 * `startKubelet` starts it again, with another boot id. Read from source (`k/k:pkg/kubelet/nodeshutdown`), not recorded.
 */
export function shutDown(kubelet: Kubelet, store: Store): void {
  const { clock, name } = kubelet;
  if (!kubelet.isRunning) return;
  kubelet.refusePods();
  const node = store.get('nodes', { namespace: '', name });
  const told = new EventRecorder(store, clock, { component: 'kubelet', host: name, about: 'nodes' });
  if (node)
    told.tell(node, { type: 'Normal', reason: 'Shutdown', message: 'Shutdown manager detected shutdown event' });
  tellNotReady({ store, clock, name }, 'node is shutting down');
  const stop = (pods: readonly StoredObject[], forMs: number, then: () => void): void => {
    for (const pod of pods)
      kubelet.stopPod(pod.metadata.uid, { ...why, graceMs: Math.min(graceMsOf(pod), forMs), inEvent: false });
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
