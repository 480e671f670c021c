import type { AlertIdentity } from './identity.js';

/** A pod that stands where it stands beyond its deadline. */
export type StuckPod = Readonly<{ uid: string; name: string; since: string; position: number }>;

/** All pods that are stuck in one place for one cause. */
export type StuckGroup = Readonly<{
  alertId: string;
  identity: AlertIdentity;
  /** Who may see it: a namespace that is made again does not inherit the alerts of the old one. */
  namespaceUid: string | null;
  pods: readonly StuckPod[];
  threshold: Readonly<{ seconds: number; basis: string }>;
}>;

/** A firing alert, and what has become of the pods that it named. */
export type FiringAlert = Readonly<{
  alertId: string;
  episode: number;
  identity: AlertIdentity;
  pods: readonly FormerPod[];
}>;

/** Where a pod that an alert named stands now. `gone`: deleted. `elsewhere`: unfinished, but no longer stuck there. */
export type FormerPod = Readonly<{
  uid: string;
  now: 'initialized' | 'failed' | 'gone' | 'elsewhere';
  position: number;
}>;

/** Why an alert ended. `handed_over`: its shard was closed, and whoever records the namespace now tells whether it goes on. */
export type Resolution = 'recovered' | 'pod_deleted' | 'pod_failed' | 'handed_over';

/** A change in the life of an alert, to be recorded as an act. */
export type Transition =
  | Readonly<{ type: 'AlertFired'; group: StuckGroup; episode: number }>
  | Readonly<{ type: 'AlertResolved'; alert: FiringAlert; resolution: Resolution; evidence: readonly number[] }>;

/**
 * What has to change so that the firing alerts are those that the stuck groups ask for.
 *
 * A group that grows or shrinks changes nothing: its count is told with the next delivery, never as a new alert.
 *
 * @param lastEpisodes how often each identity has fired so far
 */
export function decide(
  groups: readonly StuckGroup[],
  firing: readonly FiringAlert[],
  lastEpisodes: ReadonlyMap<string, number>,
): Transition[] {
  const wanted = new Set(groups.map(({ alertId }) => alertId));
  const open = new Set(firing.map(({ alertId }) => alertId));
  const fired = groups
    .filter(({ alertId }) => !open.has(alertId))
    .map((group) => ({ type: 'AlertFired' as const, group, episode: (lastEpisodes.get(group.alertId) ?? 0) + 1 }));
  const resolved = firing
    .filter(({ alertId }) => !wanted.has(alertId))
    .map((alert) => ({
      type: 'AlertResolved' as const,
      alert,
      resolution: resolutionOf(alert.pods),
      evidence: alert.pods.map(({ position }) => position),
    }));
  return [...resolved, ...fired];
}

/** What ends with a shard that was closed: all that fires there. */
export function handOver(firing: readonly FiringAlert[]): Transition[] {
  return firing.map((alert) => ({
    type: 'AlertResolved',
    alert,
    resolution: 'handed_over',
    evidence: alert.pods.map(({ position }) => position),
  }));
}

/** One pod that came through is a recovery; only if none did it is told how they ended. */
function resolutionOf(pods: readonly FormerPod[]): Resolution {
  if (pods.some(({ now }) => now === 'initialized' || now === 'elsewhere')) return 'recovered';
  return pods.some(({ now }) => now === 'failed') ? 'pod_failed' : 'pod_deleted';
}
