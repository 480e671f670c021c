import { setTimeout as sleep } from 'node:timers/promises';
import { isKubernetesError, pods } from '#libs/kubernetes';
import type { Cluster, LogLine } from '#libs/kubernetes';
import { placeOf } from './failed-attempts.js';
import type { WantedTail } from './tail-ledger.js';

/** The lines of an attempt's log, or why there are none. */
export type Tail = Readonly<
  { lines: readonly LogLine[]; isCut: boolean; missing: null } | { lines: null; isCut: false; missing: string }
>;

export type TailDoor = Pick<Cluster, 'get' | 'podLog'>;

/** Lines that are asked for: as many as the kubelet itself takes for a termination message. */
const tailLines = 80;
const mostBytes = 256 * 1024;
/** The kubelet's own picture of the pod is ahead of the API server's by one write. */
const settleMs = 1_000;

const nothing = (missing: string): Tail => ({ lines: null, isCut: false, missing });

/**
 * The end of the log of one attempt. A log is asked for by the container's name, and may be that of the next instance by the time it
 * is read: so the pod is looked at before and after, and what was read counts only if it was this attempt's place both times. Lines
 * that were stamped before it began, or later than a second after it ended, are not its own.
 *
 * @throws KubernetesError where nothing can be said yet: no answer, no right, an overloaded server
 */
export async function readTail(door: TailDoor, wanted: WantedTail, signal: AbortSignal): Promise<Tail> {
  try {
    const before = placeOf(await lookAt(door, wanted), wanted);
    if (before === 'gone') return nothing('its place was taken by later attempts before it could be read');
    const { namespace, pod, container } = wanted;
    const previous = before === 'previous';
    const log = await door.podLog({ namespace, pod, container, previous, tailLines, mostBytes, signal });
    await sleep(settleMs, undefined, { signal });
    const after = placeOf(await lookAt(door, wanted), wanted);
    // It moved on meanwhile: what was read may be the next one's.
    if (after !== before) return await readTail(door, wanted, signal);
    return toTail(log.lines, log.isCut, wanted);
  } catch (error) {
    if (isKubernetesError(error, 'notFound', 'invalid')) return nothing(error.message);
    throw error;
  }
}

/** The pod as it is now. One of the same name and another uid is another pod. */
async function lookAt(door: TailDoor, { namespace, pod, uid }: WantedTail): Promise<unknown> {
  const object = await door.get(pods, pod, { namespace, whole: true });
  return object.metadata.uid === uid ? object : {};
}

function toTail(lines: readonly LogLine[], isCut: boolean, { startedAt, finishedAt }: WantedTail): Tail {
  // The kubelet says what went wrong in the place of the log, with status 200 and without a stamp.
  const [first] = lines;
  if (first && first.at === null && lines.length <= 2) return nothing(first.text);
  const from = Date.parse(startedAt);
  const to = finishedAt === null ? Number.POSITIVE_INFINITY : Date.parse(finishedAt) + 2_000;
  const isOwn = ({ at }: LogLine): boolean => at === null || (Date.parse(at) >= from && Date.parse(at) < to);
  return { lines: lines.filter(isOwn), isCut, missing: null };
}
