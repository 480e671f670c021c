/** A pod and what is about it, as a recorder sees them second by second. */
import type { GapContext, NodeContext } from '../context.js';
import type { Happening } from '../happenings.js';
import { frame, frameEpoch, frameUid, second, type Frame } from './frame.js';
import { Watched, type LookAt } from './watch.js';

type Bag = Record<string, unknown>;

const at = (seconds: number): string => new Date(frameEpoch + seconds * 1000 + 500).toISOString();

const nodeA: NodeContext = {
  name: 'node-a',
  uid: 'node-uid',
  bootId: 'boot-1',
  kubeletVersion: 'v1.36.3',
  zone: null,
  ready: null,
};

/** Each method is what came at a second of the pod's life. */
export class Scene {
  readonly watched = new Watched();

  look(seconds: number, told: Frame, more: Partial<LookAt> = {}): this {
    this.watched.look({ pod: frame(told), receivedAt: at(seconds), ...more });
    return this;
  }

  missing(from: number, to: number): this {
    this.watched.missing(frameUid, { lastSeen: at(from), foundMissing: at(to) });
    return this;
  }

  /** `gaps`: those that a list of nodes ended, by which it was seen again. */
  node(seconds: number, more: Partial<NodeContext>, gaps?: readonly GapContext[]): this {
    const { context } = this.watched;
    this.watched.context = { ...context, node: { ...nodeA, ...more }, gaps: gaps ?? context.gaps };
    const look = { ...this.said(seconds), via: gaps ? 'relist' : 'watch' } as const;
    this.watched.fold(frameUid, { ...look, type: 'NodeObserved', gone: false, parts: {} });
    return this;
  }

  /** Nobody looked at pods between two seconds; the log says so at `position`. */
  gap([from, to]: readonly [number, number], position: number): this {
    const gap = { resource: 'pods', from: at(from), to: at(to), cause: 'expired' } as const;
    const lost = { namespace: null, fromResourceVersion: null, toResourceVersion: null };
    this.watched.fold(frameUid, { ...this.said(to), ...gap, ...lost, type: 'ObservationGap' });
    this.watched.context = { ...this.watched.context, gaps: [{ ...gap, position }] };
    return this;
  }

  listed(seconds: number, resourceVersion: string): this {
    this.watched.context = { ...this.watched.context, podsListed: { position: 0, resourceVersion } };
    const more = { resource: 'pods', namespace: null, count: 0, watchEpoch: 0, serverVersion: null } as const;
    this.watched.fold(frameUid, { ...this.said(seconds), type: 'WatchOpened', ...more, resourceVersion });
    return this;
  }

  event(seconds: number, reason: string, message: string, more: Bag = {}): this {
    const involvedObject = { kind: 'Pod', namespace: 'n', name: 'p', uid: frameUid, resourceVersion: '100' };
    const times = { count: 1, firstTimestamp: second(seconds), lastTimestamp: second(seconds) };
    const names = { uid: `uid-${reason}`, name: `p.${reason}`, namespace: 'n' };
    const source = { component: 'kubelet', host: 'node-a' };
    const event = { ...names, involvedObject, reason, message, type: 'Normal', source, ...times, ...more };
    this.watched.event(frameUid, event, at(seconds));
    return this;
  }

  get happenings(): readonly Happening[] {
    return this.watched.happenings.get(frameUid) ?? [];
  }

  private said(seconds: number) {
    return { reducer: 1, via: 'watch', resourceVersion: null, receivedAt: at(seconds), writes: [] } as const;
  }
}
