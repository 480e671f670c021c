import { parseJson } from './exact-json.js';
import { KubernetesError, refusal } from './kubernetes-error.js';
import type { Status } from './kubernetes-error.js';
import type { KubernetesObject } from './kubernetes-object.js';
import type { Slice } from './slice.js';
import { readApart } from './spec-apart.js';
import type { IsReadSpec } from './spec-apart.js';

/** One line of a watch. A BOOKMARK's object has nothing but a kind and a resourceVersion. */
export type Frame = Readonly<{
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: KubernetesObject;
  /** The line itself, where it was asked for. */
  line?: string;
}>;

const types: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/** The annotation of the BOOKMARK that ends the initial events of a WatchList. */
export const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * Reads one line of a watch. Of an object outside of `slice` nothing is read but its resourceVersion: it is a BOOKMARK for whoever
 * watches that slice alone.
 *
 * @param isReadSpec where told, an object's spec is apart (`specTextOf`), and left unread if it was read before
 * @throws KubernetesError what an ERROR frame says (`expired` for 410, semantics 6.2), or `broken` for what is no frame
 */
export function readFrame(line: string, question: string, isReadSpec?: IsReadSpec, slice?: Slice): Frame {
  const elsewhere = slice && readElsewhere(line, slice);
  if (elsewhere) return elsewhere;
  const frame = (isReadSpec && readApart(line, isReadSpec)) ?? readWhole(line, question);
  if (!slice || frame.type === 'BOOKMARK' || slice.holds(frame.object)) return frame;
  return passedOver(slice, frame.object.metadata.resourceVersion);
}

/** How Go begins to write an object that has a namespace. */
const begins =
  /^\{"type":"(?:ADDED|MODIFIED|DELETED)","object":\{"kind":"\w+","apiVersion":"[\w./]+","metadata":\{"name":"[^"\\]*",(?:"generateName":"[^"\\]*",)?"namespace":"([^"\\]*)","uid":"[^"\\]*","resourceVersion":"([^"\\]*)"/;

/** Undefined where the object is in the slice, and where the line has to be read to know. */
function readElsewhere(line: string, slice: Slice): Frame | undefined {
  const [, namespace, resourceVersion] = begins.exec(line) ?? [];
  if (namespace === undefined || resourceVersion === undefined || slice.has(namespace)) return undefined;
  return passedOver(slice, resourceVersion);
}

function passedOver(slice: Slice, resourceVersion: string): Frame {
  slice.passOver(1);
  return { type: 'BOOKMARK', object: { metadata: { uid: '', name: '', resourceVersion } } };
}

function readWhole(line: string, question: string): Frame {
  const { type, object } = parseLine(line, question);
  if (type === 'ERROR') throw readError(object as Status | undefined, question);
  if (types.has(type ?? '') && isObject(object)) return { type, object } as Frame;
  throw new KubernetesError('broken', `${question} sent what is no frame: ${line.slice(0, 120)}`);
}

function parseLine(line: string, question: string): { type?: string; object?: unknown } {
  try {
    const parsed = parseJson(line);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (cause) {
    throw new KubernetesError('broken', `${question} sent a line that is no JSON: ${line.slice(0, 120)}`, { cause });
  }
  throw new KubernetesError('broken', `${question} sent what is no frame: ${line.slice(0, 120)}`);
}

function readError(status: Status | undefined, question: string): KubernetesError {
  if (status?.kind !== 'Status') return new KubernetesError('broken', `${question} sent an ERROR without a Status`);
  return refusal(question, status.code ?? 500, status);
}

function isObject(object: unknown): object is KubernetesObject {
  const { metadata } = (object ?? {}) as { metadata?: { resourceVersion?: unknown } };
  return typeof metadata?.resourceVersion === 'string';
}
