/** Members of a pod, an Event, a node and so on that say when something was, and never when something will be. */
const times = new Set([
  'creationTimestamp',
  'time',
  'lastTransitionTime',
  'lastHeartbeatTime',
  'startTime',
  'startedAt',
  'finishedAt',
  'firstTimestamp',
  'lastTimestamp',
  'eventTime',
  'lastObservedTime',
  'renewTime',
]);

/**
 * When an object was received, at the earliest: the end of the second of the newest time in it (API times are cut to whole
 * seconds, so everything that the object shows had happened by then). Undefined where no time is in it.
 */
export function newestTime(object: unknown): number | undefined {
  let newest: number | undefined;
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      if (key === 'fieldsV1') continue;
      if (typeof member === 'object') look(member);
      else if (typeof member === 'string' && times.has(key)) {
        const at = Date.parse(member);
        if (at > (newest ?? -Infinity)) newest = at;
      }
    }
  };
  const { metadata, status, ...rest } = (object ?? {}) as Readonly<Record<string, unknown>>;
  look({ metadata, status });
  if (rest['kind'] === 'Event') look(rest);
  return newest === undefined ? undefined : Math.floor(newest / 1000) * 1000 + 999;
}
