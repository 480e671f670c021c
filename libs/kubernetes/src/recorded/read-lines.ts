import { AuditError } from '#libs/platform';
import { Lines } from '../lines.js';
import { JsonValues, NoJsonObject } from './json-values.js';
import { newestTime } from './kubectl-time.js';
import { CutShort, readBytes } from './read-bytes.js';
import type { HeaderLine, Place, RecordedLine } from './recorded-line.js';

/** A line of a recording, in either format. */
export type Line = RecordedLine | HeaderLine;

/** What a file turned out to hold. `truth`: what a runtime saw, which stands beside recordings and is none. */
export type Format = 'recording' | 'kubectl' | 'truth';

/** How a file was read: told as far as it is known. */
export type Reading = {
  format?: Format;
  /** The first line or object, as text: what tells this recording from others. */
  beginning?: string;
  /** Lines, or objects, that were read. */
  lines: number;
  /** The last line was cut in the middle, as by a copy of what is still being written. */
  cutAt?: Place;
};

/**
 * The lines of a file, in the arrays in which they could be read. A last line that was cut is noted in `reading` and left out:
 * it may be whole in a later copy.
 *
 * @throws AuditError `recording-invalid` that names file and line, after what stands before it was handed out
 */
export async function* readLines(file: string, reading: Reading): AsyncGenerator<readonly Line[]> {
  const chunks = readBytes(file);
  try {
    const first = await beginningOf(chunks);
    reading.format = formatOf(first);
    if (reading.format === 'truth') return;
    const of = { file, reading, chunks: joined(first, chunks) };
    yield* reading.format === 'recording' ? recordedLines(of) : kubectlLines(of);
  } catch (error) {
    if (error instanceof CutShort) reading.cutAt ??= { file, line: reading.lines + 1 };
    else if (isSystemError(error)) throw unreadable(file, error);
    else throw error;
  } finally {
    await chunks.return(undefined);
  }
}

type Source = Readonly<{ file: string; reading: Reading; chunks: AsyncGenerator<Buffer> }>;

async function* recordedLines({ file, reading, chunks }: Source): AsyncGenerator<readonly Line[]> {
  const lines = new Lines(true);
  for await (const chunk of chunks) yield* upToError(numbered(lines.push(chunk), file, reading));
  const last = lines.rest.trim();
  if (last === '') return;
  if (isJson(last)) yield* upToError(numbered([last], file, reading));
  else reading.cutAt = { file, line: reading.lines + 1 };
}

function* numbered(texts: readonly string[], file: string, reading: Reading): Generator<Line> {
  for (const text of texts) {
    const place = { file, line: reading.lines + 1 };
    reading.lines += 1;
    if (text.trim() === '') continue;
    reading.beginning ??= text;
    yield recordedLine(text, place);
  }
}

/** What was read before an error is true. */
function* upToError(lines: Generator<Line>): Generator<readonly Line[]> {
  const read: Line[] = [];
  try {
    for (const line of lines) read.push(line);
  } catch (error) {
    if (read.length > 0) yield read;
    throw error;
  }
  if (read.length > 0) yield read;
}

function recordedLine(text: string, place: Place): Line {
  const line = parsed(text, place) as Readonly<Record<string, unknown>>;
  const receivedAt = Date.parse(String(line['receivedAt']));
  if (Number.isNaN(receivedAt)) throw invalid(place, 'it has no receivedAt that is a time');
  if (typeof line['recording'] === 'object' && line['recording'] !== null)
    return { place, receivedAt, what: 'header', header: headerOf(line['recording'] as Record<string, unknown>) };
  const { resource, namespace, list, frame, closed } = line;
  if (typeof resource !== 'string') throw invalid(place, 'it names no resource');
  const of = { place, receivedAt, resource, namespace: typeof namespace === 'string' ? namespace : null };
  if (typeof list === 'string') return { ...of, what: 'list', text: list };
  if (typeof frame === 'string') return { ...of, what: 'frame', text: frame };
  if (closed === true) return { ...of, what: 'closed' };
  throw invalid(place, 'it has neither list nor frame nor closed');
}

function headerOf({ cluster, server, serverVersion, namespaces }: Record<string, unknown>): HeaderLine['header'] {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    cluster: text(cluster) ?? '',
    server: text(server),
    serverVersion: text(serverVersion),
    namespaces: Array.isArray(namespaces) ? namespaces.filter((name) => typeof name === 'string') : [],
  };
}

/** The resources that kubectl's objects are of, by their kind. */
const resourceOfKind: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Event: 'events',
  Node: 'nodes',
  Namespace: 'namespaces',
  ReplicaSet: 'replicasets',
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Job: 'jobs',
  CronJob: 'cronjobs',
  ReplicationController: 'replicationcontrollers',
};

async function* kubectlLines({ file, reading, chunks }: Source): AsyncGenerator<readonly Line[]> {
  const values = new JsonValues();
  const clock = { at: -Infinity };
  for await (const chunk of chunks) yield* upToError(kubectlFrames(values, chunk, { file, reading, clock }));
  if (values.unfinished !== undefined) reading.cutAt = { file, line: values.unfinished };
}

function* kubectlFrames(
  values: JsonValues,
  chunk: Buffer,
  { file, reading, clock }: Readonly<{ file: string; reading: Reading; clock: { at: number } }>,
): Generator<Line> {
  try {
    for (const { text, line } of values.push(chunk)) {
      const frame = kubectlFrame(text, { file, line }, clock.at);
      clock.at = frame.receivedAt;
      reading.beginning ??= text;
      reading.lines += 1;
      yield frame;
    }
  } catch (error) {
    if (error instanceof NoJsonObject) throw invalid({ file, line: error.line }, 'no JSON object begins there');
    throw error;
  }
}

/** kubectl says nothing of when it received a frame: its own newest time is the best that is known. */
function kubectlFrame(text: string, place: Place, before: number): RecordedLine {
  const { type, object } = parsed(text, place) as Readonly<{ type?: unknown; object?: Record<string, unknown> }>;
  if (typeof type !== 'string' || typeof object !== 'object' || object === null)
    throw invalid(
      place,
      'it is no watch event {type, object}',
      'Record with: kubectl get pods -A -w -o json --output-watch-events.',
    );
  const kind = String(object['kind']);
  const resource = resourceOfKind[kind] ?? (type === 'ERROR' ? 'pods' : kind);
  const receivedAt = Math.max(newestTime(object) ?? before, before);
  const at = Number.isFinite(receivedAt) ? receivedAt : 0;
  return { place, receivedAt: at, resource, namespace: null, what: 'frame', text };
}

/** Chunks until a line is whole, so that the format can be told. */
async function beginningOf(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) break;
    parts.push(value);
    if (value.includes(0x0a)) break;
  }
  return Buffer.concat(parts);
}

function formatOf(beginning: Buffer): Format {
  const line = beginning.toString('utf8').split('\n', 1)[0] ?? '';
  if (!isJson(line)) return 'kubectl';
  const first = JSON.parse(line) as Readonly<Record<string, unknown>> | null;
  if (typeof first !== 'object' || first === null) return 'kubectl';
  if ('receivedAt' in first) return 'recording';
  return 'at' in first && 'what' in first ? 'truth' : 'kubectl';
}

async function* joined(beginning: Buffer, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (beginning.length > 0) yield beginning;
  yield* chunks;
}

function parsed(text: string, place: Place): object {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below: a parser's words say less than the place.
  }
  throw invalid(place, `it is no JSON object: ${text.trim().slice(0, 60)}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A line that cannot be taken: what stands before it is recorded, and nothing after it. */
export function invalid({ file, line }: Place, why: string, remedy?: string): AuditError {
  return new AuditError('recording-invalid', `Line ${line} of the recording ${file} cannot be read: ${why}`, {
    remedy:
      remedy ??
      `What stands before it is recorded. Mend the line or take it out, and start again: it goes on from there.`,
  });
}

function unreadable(file: string, cause: NodeJS.ErrnoException): AuditError {
  return new AuditError('recording-unreadable', `The recording ${file} cannot be read: ${cause.message}`, {
    cause,
    remedy: 'Name a file, or a folder of files, that can be read: --source recording:FILE; or - for standard input.',
  });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
