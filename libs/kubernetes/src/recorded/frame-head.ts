import { parseJson } from '../exact-json.js';
import { initialEventsEnd } from '../frame.js';
import type { KubernetesObject } from '../kubernetes-object.js';
import { invalid } from './read-lines.js';
import type { RecordedLine } from './recorded-line.js';

/** A frame as it stands in a recording, and what of it says where it belongs. */
export type RecordedFrame = Readonly<{
  line: RecordedLine & Readonly<{ what: 'frame' }>;
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  resourceVersion: string;
  object: KubernetesObject;
  /** The BOOKMARK that ends the initial events of a WatchList. */
  endsInitial: boolean;
}>;

const types: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);

/** @throws AuditError `recording-invalid` for what is no frame: a watch that met it would have broken off */
export function readRecordedFrame(line: RecordedFrame['line']): RecordedFrame {
  const { type, object } = parse(line.text) as Readonly<{ type?: RecordedFrame['type']; object?: KubernetesObject }>;
  if (!type || !types.has(type)) throw invalid(line.place, 'its frame is no watch event');
  const { uid, resourceVersion, annotations } = (object?.metadata ?? {}) as Partial<KubernetesObject['metadata']>;
  const isTold =
    type === 'ERROR' || (typeof resourceVersion === 'string' && (type === 'BOOKMARK' || uid !== undefined));
  if (!object || !isTold) throw invalid(line.place, 'its object has no uid and resourceVersion');
  const endsInitial = type === 'BOOKMARK' && annotations?.[initialEventsEnd] === 'true';
  return { line, type, resourceVersion: resourceVersion ?? '', object, endsInitial };
}

/** The body of a list, or of a page of one. */
export type ListBody = Readonly<{
  kind?: string;
  apiVersion?: string;
  metadata: Readonly<{ resourceVersion: string; continue?: string }>;
  items: readonly KubernetesObject[];
}>;

/** @throws AuditError `recording-invalid` */
export function readRecordedList({ place, text }: RecordedLine & Readonly<{ what: 'list' }>): ListBody {
  const { metadata, items, ...body } = parse(text) as Partial<ListBody>;
  if (typeof metadata?.resourceVersion !== 'string') throw invalid(place, 'its list has no resourceVersion');
  return { ...body, metadata, items: Array.isArray(items) ? items : [] };
}

function parse(text: string): object {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
