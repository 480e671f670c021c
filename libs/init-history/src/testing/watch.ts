import { advance, type Input, type Recorded } from '../advance.js';
import { noContext, type Context } from '../context.js';
import type { Happening } from '../happenings.js';
import { nothingKnown, type PodHistory } from '../history.js';
import type { KubeEvent, Via } from '../observations.js';
import { changedParts, partsOf, writesOf, type RawPod } from './parts-of.js';

/** A pod as seen: its object at each look, and how it came. */
export type LookAt = Readonly<{ pod: RawPod; receivedAt: string; via?: Via; gone?: 'deleted' }>;

const uidOf = (pod: RawPod): string => String((pod['metadata'] as RawPod | undefined)?.['uid']);

const versionOf = (pod: RawPod): string | null => {
  const version = (pod['metadata'] as RawPod | undefined)?.['resourceVersion'];
  return typeof version === 'string' ? version : null;
};

/**
 * A recorder in miniature: looks at pods and Events become numbered observations, as the real one would store them, and
 * are folded at once. The position counts over all pods.
 */
export class Watched {
  readonly pods = new Map<string, PodHistory>();
  readonly happenings = new Map<string, Happening[]>();
  readonly recorded = new Map<string, Recorded<Input>[]>();
  private readonly raw = new Map<string, RawPod>();
  private readonly ends = new Map<string, string | null>();
  private position = 0;

  constructor(public context: Context = noContext) {}

  /** Records what a look shows that was not known, and folds it. The same end twice is one, as the store knows by its identity. */
  look({ pod, receivedAt, via = 'watch', gone }: LookAt): PodHistory {
    const uid = uidOf(pod);
    const history = this.pods.get(uid) ?? nothingKnown;
    if (gone && this.ends.get(uid) === versionOf(pod)) return history;
    if (gone) this.ends.set(uid, versionOf(pod));
    const parts = changedParts(history.parts, partsOf(pod));
    const writes = writesOf(pod, this.raw.get(uid));
    this.raw.set(uid, pod);
    const look = { reducer: 1, via, resourceVersion: versionOf(pod), receivedAt, writes };
    if (gone) return this.fold(uid, { ...look, type: 'PodGone', how: gone, between: null, parts: parts ?? {} });
    return parts ? this.fold(uid, { ...look, type: 'PodObserved', parts }) : history;
  }

  /** Records that a pod was absent from a complete list. */
  missing(uid: string, between: Readonly<{ lastSeen: string; foundMissing: string }>): PodHistory {
    const receivedAt = between.foundMissing;
    const look = { reducer: 1, via: 'relist', resourceVersion: null, receivedAt, writes: [] } as const;
    return this.fold(uid, { ...look, type: 'PodGone', how: 'missing', between, parts: {} });
  }

  /** Records an Event about a pod. */
  event(uid: string, event: KubeEvent, receivedAt: string): PodHistory {
    const look = { reducer: 1, via: 'watch', resourceVersion: null, receivedAt, writes: [] } as const;
    return this.fold(uid, { ...look, type: 'KubeEventObserved', event });
  }

  /** Folds one observation into a pod's history, at the next position. */
  fold(uid: string, observation: Input): PodHistory {
    const one = { position: this.position++, recordedAt: observation.receivedAt, observation };
    const { history, happenings } = advance(this.pods.get(uid) ?? nothingKnown, one, this.context);
    this.pods.set(uid, history);
    this.happenings.set(uid, [...(this.happenings.get(uid) ?? []), ...happenings]);
    this.recorded.set(uid, [...(this.recorded.get(uid) ?? []), one]);
    return history;
  }
}
