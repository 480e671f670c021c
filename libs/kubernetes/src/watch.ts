import { readFrame } from './frame.js';
import type { Frame } from './frame.js';
import { KubernetesError } from './kubernetes-error.js';
import { Lines } from './lines.js';
import { pathOf } from './resources.js';
import type { Slice } from './slice.js';
import type { IsReadSpec } from './spec-apart.js';
import type { Resource } from './resources.js';
import { longPatienceMs } from './transport.js';
import type { Body, Door } from './transport.js';

/** What to watch, and from where. */
export type WatchChoice = Readonly<{
  namespace?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects come with their metadata alone. */
  metadataOnly?: boolean;
  signal?: AbortSignal | undefined;
  /** How long the server may keep the watch open: 5 to 10 minutes at random unless told, as client-go asks for. */
  timeoutSeconds?: number;
  /** After how much silence a stream counts as dead, in milliseconds: longer than the pause between two bookmarks. */
  silentAfterMs?: number;
  /** Objects come with their spec apart (`specTextOf`), unread where this says that it was read before. */
  isReadSpec?: IsReadSpec | undefined;
  /** Frames come with their line. */
  withText?: boolean;
  /** Only what is in it; what is not comes as a BOOKMARK. */
  slice?: Slice | undefined;
}>;

type Reading = WatchChoice & Readonly<{ resource: Resource }>;

/** A bookmark comes about every minute; three missed ones are no coincidence. */
const usualSilenceMs = 200_000;

const fullObject = 'application/json';
const metadataObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

/**
 * Everything that changes after `resourceVersion`, in the arrays in which it arrived; an empty one first, once the server has opened
 * the watch. Ends when the server ends the watch in good
 * order: watch on from the last resourceVersion. A consumer that does not take the next array stops the reading of the socket.
 *
 * @throws KubernetesError `expired` for a position that is gone, `broken`, `silent`, `unreachable`, or whatever the server refuses
 */
export function watch(
  transport: Door,
  resource: Resource,
  choice: WatchChoice & { resourceVersion: string },
): AsyncGenerator<readonly Frame[]> {
  return frames(transport, resource, choice, { resourceVersion: choice.resourceVersion });
}

/** A watch that begins with everything there is, as ADDED frames in no order, up to a BOOKMARK that is marked as their end. */
export function watchAll(transport: Door, resource: Resource, choice: WatchChoice): AsyncGenerator<readonly Frame[]> {
  return frames(transport, resource, choice, {
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
  });
}

async function* frames(
  transport: Door,
  resource: Resource,
  choice: WatchChoice,
  start: Record<string, string>,
): AsyncGenerator<readonly Frame[]> {
  const { namespace, fieldSelector, metadataOnly, signal, slice } = choice;
  const timeoutSeconds = choice.timeoutSeconds ?? 300 + Math.floor(Math.random() * 300);
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(timeoutSeconds),
    ...start,
    ...(fieldSelector && { fieldSelector }),
  });
  const path = pathOf(resource, namespace);
  const accept = metadataOnly ? metadataObject : fullObject;
  const ask = (asked: URLSearchParams) =>
    transport.open(`${path}?${asked.toString()}`, { signal, accept, patienceMs: longPatienceMs });
  const body = await (slice ? slice.ask(resource, query, ask) : ask(query));
  yield [];
  yield* readFrames(body, `The watch of ${path}`, { ...choice, resource });
}

/** Reads a body as frames, with a watchdog on its silence. Ends quietly when `signal` says so. */
async function* readFrames(
  body: Body,
  question: string,
  { signal, silentAfterMs = usualSilenceMs, ...how }: Reading,
): AsyncGenerator<readonly Frame[]> {
  const lines = new Lines();
  const silent = new KubernetesError('silent', `${question} was silent for ${silentAfterMs / 1000} s`);
  const arm = () => setTimeout(() => body.destroy(silent), silentAfterMs);
  let watchdog = arm();
  try {
    for await (const chunk of body) {
      // While the consumer works, the socket is not read: that silence is ours.
      clearTimeout(watchdog);
      const whole = lines.push(chunk);
      if (whole.length > 0) yield* readLines(whole, question, how);
      watchdog = arm();
    }
  } catch (error) {
    if (signal?.aborted) return;
    throw error instanceof KubernetesError ? error : broken(question, error);
  } finally {
    clearTimeout(watchdog);
    body.destroy();
  }
  if (lines.rest !== '') throw new KubernetesError('broken', `${question} was cut in the middle of a line`);
}

/** Hands on the frames before an ERROR or a broken line first: they are true. */
function* readLines(
  whole: readonly string[],
  question: string,
  { isReadSpec, withText = false, slice, resource }: Reading,
): Generator<readonly Frame[]> {
  const read: Frame[] = [];
  const passed = slice?.passedOver;
  try {
    for (const line of whole) {
      const frame = readFrame(line, question, isReadSpec, slice);
      read.push(withText ? { ...frame, line } : frame);
    }
  } catch (error) {
    if (read.length > 0) yield read;
    throw error;
  }
  if (slice?.passedOver !== passed) slice?.selector?.ignored(resource);
  yield read;
}

function broken(question: string, cause: unknown): KubernetesError {
  const how = cause instanceof Error ? cause.message : String(cause);
  return new KubernetesError('broken', `${question} was cut: ${how}`, { cause });
}
