import { alertName, type AlertIdentity } from './identity.js';

/** What a receiver is told of one alert at one moment. */
export type Notification = Readonly<{
  alertId: string;
  episode: number;
  identity: AlertIdentity;
  pods: readonly Readonly<{ name: string }>[];
  threshold: Readonly<{ seconds: number; basis: string }>;
  /** RFC 3339. */
  startsAt: string;
  /** RFC 3339; null while it fires. */
  endsAt: string | null;
  /** Where people can read on. */
  url: string;
}>;

/** An alert as Alertmanager's API v2 takes it. */
export type PostableAlert = Readonly<{
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
}>;

/** How long an alert stays firing in Alertmanager after its last post: four resends, as Prometheus does. */
export const horizonMs = 4 * 60_000;
/** How often a firing alert is posted again, and a resolved one until Alertmanager has surely heard it. */
export const resendMs = 60_000;
/** How long a resolved alert is posted again: Alertmanager's documentation asks for five minutes. */
export const resolvedResendMs = 5 * 60_000;

/**
 * The body for Alertmanager v2. Labels are the identity and hold no pod; counts stand in annotations, which change silently.
 * Everything is sent each time, because a field that is left out erases the one before.
 *
 * @param now epoch milliseconds: a firing alert ends `horizonMs` later unless it is posted again
 */
export function postable(notification: Notification, now: number): PostableAlert {
  return {
    labels: labelsOf(notification.identity),
    annotations: annotationsOf(notification),
    startsAt: notification.startsAt,
    endsAt: notification.endsAt ?? new Date(now + horizonMs).toISOString(),
    generatorURL: notification.url,
  };
}

/** Alertmanager's own webhook body (version 4), so that existing receivers work unchanged. */
export function webhookBody(notification: Notification): object {
  const labels = labelsOf(notification.identity);
  const annotations = annotationsOf(notification);
  const status = notification.endsAt ? 'resolved' : 'firing';
  return {
    version: '4',
    groupKey: `{}:{alert_id="${notification.alertId}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'initledger',
    groupLabels: { alertname: labels['alertname'] },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: new URL('/', notification.url).href,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: notification.startsAt,
        // Alertmanager says "not yet" with Go's zero time
        endsAt: notification.endsAt ?? '0001-01-01T00:00:00Z',
        generatorURL: notification.url,
        fingerprint: fingerprint(labels),
      },
    ],
  };
}

function labelsOf(identity: AlertIdentity): Record<string, string> {
  const labels: Record<string, string> = {
    alertname: alertName(identity.category),
    cluster: identity.cluster,
    namespace: identity.namespace,
    workload_kind: identity.workloadKind,
    workload: identity.workloadName,
    cause: identity.category.toLowerCase(),
    severity: 'warning',
  };
  // an empty label value is dropped by Alertmanager and would change the fingerprint
  if (identity.revision) labels['revision'] = identity.revision;
  if (identity.container) labels['container'] = identity.container;
  return labels;
}

function annotationsOf({ identity, pods, threshold }: Notification): Record<string, string> {
  const where = identity.container ? `init container ${identity.container}` : 'initialization';
  const names = pods.map(({ name }) => name);
  const shown = names.slice(0, 3).join(', ');
  return {
    summary: `${identity.namespace}/${identity.workloadName}: ${where} is stuck (${identity.category})`,
    description: `${names.length} pods of ${identity.workloadKind} ${identity.workloadName} have stood there for more than ${threshold.seconds} s. Threshold: ${threshold.basis}.`,
    pods: names.length > 3 ? `${names.length}: ${shown} (+${names.length - 3})` : `${names.length}: ${shown}`,
    threshold: `${threshold.seconds} s (${threshold.basis})`,
  };
}

const fnvOffset = 0xcbf29ce484222325n;
const fnvPrime = 0x100000001b3n;

/** Alertmanager's fingerprint of a label set: FNV-1a, 64 bits, over the sorted names and values, each followed by 0xFF. */
export function fingerprint(labels: Readonly<Record<string, string>>): string {
  let hash = fnvOffset;
  const add = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * fnvPrime);
  };
  for (const name of Object.keys(labels).toSorted()) {
    for (const text of [name, labels[name]!]) {
      for (const byte of Buffer.from(text)) add(byte);
      add(0xff);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
