import { hash } from 'node:crypto';
import { parseJson } from './exact-json.js';
import { readManagedFields } from './managed-fields.js';
import type { KubernetesObject } from './kubernetes-object.js';

/**
 * Whether a text with this fingerprint was read before as the spec of this object, and need not be read again.
 * Nothing depends on the answer but time: what is left unread is there as text.
 */
export type IsReadSpec = (uid: string, fingerprint: string) => boolean;

/** The JSON text of an object's spec, as it stood in its frame. It is valid JSON: it was read, now or before. */
export class SpecText {
  #fingerprint: string | undefined;
  #read: unknown;

  constructor(readonly text: string) {}

  /** Eight bytes of SHA-256 in a string of eight characters. */
  get fingerprint(): string {
    this.#fingerprint ??= hash('sha256', this.text, 'binary').slice(0, 8);
    return this.#fingerprint;
  }

  /** The spec itself, read once: for whoever only looks at it. */
  read(): unknown {
    this.#read ??= parseJson(this.text);
    return this.#read;
  }
}

const apart = Symbol('spec apart');

/** The text of the spec of an object that was read with its spec apart; such an object has no member `spec`. */
export function specTextOf(object: object): SpecText | undefined {
  return (object as { [apart]?: SpecText })[apart];
}

const beforeFields = ',"managedFields":[';
const beforeSpec = '},"spec":';
const beforeStatus = '},"status":{';
const told = ['ADDED', 'MODIFIED', 'DELETED'] as const;

/** A frame that tells of an object whose spec is apart. */
export type ApartFrame = Readonly<{ type: (typeof told)[number]; object: KubernetesObject }>;

/**
 * Reads a frame without its spec where that was read before: most frames of a pod say of its spec what the last one said, and it is
 * the larger half. Undefined for whatever is not exactly `{"type":…,"object":{…,"metadata":{…},"spec":{…},"status":{…}}}` as Go
 * writes it: then the line is to be read whole.
 *
 * Three texts are read by themselves: what stands before the spec, closed by two braces; the spec; and the status. Each is valid JSON
 * alone only if the cuts lie between members of `object`, so that reading the whole line would give the same members.
 * Of managedFields the fields themselves are left out (`readHead`).
 */
export function readApart(line: string, isReadSpec: IsReadSpec): ApartFrame | undefined {
  const spec = line.indexOf(`${beforeSpec}{`);
  const status = line.lastIndexOf(beforeStatus);
  if (spec < 0 || status <= spec || !line.endsWith('}}')) return undefined;
  try {
    const head = readHead(line, spec);
    const tail = parseJson(`{${line.slice(status + 2, -1)}`) as Readonly<{ status?: unknown }>;
    const { object } = head;
    const type = told.find((each) => each === head.type);
    if (!isKeyed(head, 'type,object') || !isKeyed(tail, 'status') || !type) return undefined;
    if (!isWhole(object)) return undefined;
    const text = new SpecText(line.slice(spec + beforeSpec.length, status + 1));
    if (!isReadSpec(object.metadata.uid, text.fingerprint)) text.read();
    return {
      type,
      object: { ...object, status: tail.status, [apart]: text },
    };
  } catch {
    return undefined;
  }
}

type Head = Readonly<{ type?: unknown; object?: KubernetesObject }>;

/**
 * What stands before the spec. managedFields are the last member of metadata and the larger part of it: they are read by themselves, without
 * the fields that they name. That they are this object's shows when what stands before them, closed by three braces, is valid and ends with metadata.
 */
function readHead(line: string, spec: number): Head {
  const fields = line.indexOf(beforeFields);
  if (fields < 0 || fields > spec) return parseJson(`${line.slice(0, spec + 1)}}}`) as Head;
  const managedFields = readManagedFields(line, fields + beforeFields.length, spec);
  const head = managedFields && (parseJson(`${line.slice(0, fields)}}}}`) as Head);
  const metadata = head && lastMember(head.object, 'metadata');
  if (!metadata || Object.hasOwn(metadata, 'managedFields')) return parseJson(`${line.slice(0, spec + 1)}}}`) as Head;
  metadata['managedFields'] = managedFields;
  return head;
}

/**
 * An object's last member, if that is its name and it is an object. What comes last in the text need not come last in the object: a number for a
 * key comes first, and a key that is there twice where it was first. So all others must be texts: among those no brace is left open.
 */
function lastMember(object: KubernetesObject | undefined, name: string): Record<string, unknown> | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  for (const key in object) if (key !== name && typeof object[key] !== 'string') return undefined;
  const member = object[name];
  return typeof member === 'object' && member !== null ? (member as Record<string, unknown>) : undefined;
}

function isKeyed(value: object, keys: string): boolean {
  return Object.keys(value).join(',') === keys;
}

/** Who it is is known, and neither spec nor status stands where it was not looked for. */
function isWhole(object: KubernetesObject | undefined): object is KubernetesObject {
  if (typeof object !== 'object' || object === null || Object.hasOwn(object, 'spec') || Object.hasOwn(object, 'status'))
    return false;
  const metadata = object.metadata as { uid?: unknown; resourceVersion?: unknown } | null | undefined;
  return typeof metadata?.uid === 'string' && typeof metadata.resourceVersion === 'string';
}
