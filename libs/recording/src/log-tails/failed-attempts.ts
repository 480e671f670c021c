/** An instance of an init container that ended badly, as a status shows it. */
export type FailedAttempt = Readonly<{
  container: string;
  containerId: string;
  /** RFC 3339, in whole seconds, by the node's clock. */
  startedAt: string;
  finishedAt: string | null;
}>;

type Terminated = Readonly<Record<string, unknown>>;
type Status = Readonly<{
  name?: unknown;
  containerID?: unknown;
  state?: Readonly<{ terminated?: Terminated }>;
  lastState?: Readonly<{ terminated?: Terminated }>;
}>;

const partName = 'status.initContainer.';

/**
 * The failed attempts that the changed parts of a pod show. Only what has a container id and a time of start can have said anything:
 * synthetic terminations have neither, and what could not be started has the epoch (semantics 1.4, 1.6).
 */
export function failedAttempts(parts: ReadonlyMap<string, string | null>): readonly FailedAttempt[] {
  const failed: FailedAttempt[] = [];
  for (const [name, text] of parts) {
    // Most statuses show no end: they need no parsing.
    if (!name.startsWith(partName) || !text?.includes('"terminated":')) continue;
    const status = JSON.parse(text) as Status;
    for (const ended of [status.lastState?.terminated, status.state?.terminated]) {
      const attempt = ended && attemptOf(name.slice(partName.length), ended);
      if (attempt) failed.push(attempt);
    }
  }
  return failed;
}

/** Where an attempt stands in a pod's status now: its log is that of the present instance, or of the one before, or of none. */
export function placeOf(pod: unknown, { container, containerId }: FailedAttempt): 'present' | 'previous' | 'gone' {
  const { status } = pod as { status?: { initContainerStatuses?: readonly Status[] } };
  const shown = status?.initContainerStatuses?.find(({ name }) => name === container);
  if (!shown) return 'gone';
  const present = idOf(shown.state?.terminated) ?? (shown.state?.terminated ? null : shown.containerID);
  // While a container waits, its containerID is still that of the instance before (recorded, 1.36.3), and so is the log.
  if (present === containerId) return 'present';
  return idOf(shown.lastState?.terminated) === containerId ? 'previous' : 'gone';
}

const idOf = (ended: Terminated | undefined): unknown => ended?.['containerID'];

function attemptOf(container: string, ended: Terminated): FailedAttempt | undefined {
  const { containerID, startedAt, finishedAt, exitCode, reason } = ended;
  const failed = (typeof exitCode === 'number' && exitCode !== 0) || reason === 'OOMKilled';
  if (!failed || typeof containerID !== 'string' || containerID === '') return undefined;
  if (typeof startedAt !== 'string' || !(Date.parse(startedAt) > 0)) return undefined;
  return { container, containerId: containerID, startedAt, finishedAt: textOr(finishedAt) };
}

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);
