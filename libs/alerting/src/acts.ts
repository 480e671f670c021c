import { alertName, type AlertIdentity } from './identity.js';
import type { Resolution, StuckPod, Transition } from './decide.js';

/** What the log of acts says of alerts. The stream is the alert's id. */
export type AlertAct = AlertFired | AlertResolved;

export type AlertFired = Readonly<{
  type: 'AlertFired';
  alertId: string;
  episode: number;
  at: string;
  /** What people see in a pager. */
  name: string;
  identity: AlertIdentity;
  namespaceUid: string | null;
  pods: readonly StuckPod[];
  threshold: Readonly<{ seconds: number; basis: string }>;
  /** Positions in the cluster's shard that prove it. */
  evidence: readonly number[];
}>;

export type AlertResolved = Readonly<{
  type: 'AlertResolved';
  alertId: string;
  episode: number;
  at: string;
  resolution: Resolution;
  evidence: readonly number[];
}>;

/** The acts of alerts: there are others in the same log. */
export const alertActTypes: ReadonlySet<string> = new Set<AlertAct['type']>(['AlertFired', 'AlertResolved']);

/** Whether an act of this type is an alert's. */
export const isAlertAct = (type: string): boolean => alertActTypes.has(type);

/** Reads what the log holds of an alert. */
export const toAct = (body: string): AlertAct => JSON.parse(body) as AlertAct;

/** The act of a transition that happened at `at` (RFC 3339). */
export function actOf(transition: Transition, at: string): AlertAct {
  switch (transition.type) {
    case 'AlertFired': {
      const { group, episode } = transition;
      return {
        type: 'AlertFired',
        alertId: group.alertId,
        episode,
        at,
        name: alertName(group.identity.category),
        identity: group.identity,
        namespaceUid: group.namespaceUid,
        pods: group.pods,
        threshold: group.threshold,
        evidence: group.pods.map(({ position }) => position),
      };
    }
    case 'AlertResolved': {
      const { alert, resolution, evidence } = transition;
      return { type: 'AlertResolved', alertId: alert.alertId, episode: alert.episode, at, resolution, evidence };
    }
  }
}
