import { ApiError } from './api-error.js';
import type { StoredObject } from './kube-object.js';

/** A part of a resource, by the hash of a field of its objects. */
export type ShardSelector = {
  /** As the server says it back. */
  text: string;
  matches: (object: StoredObject) => boolean;
};

type Range = { field: string; from: string; to: string };

const fields: Readonly<Record<string, (object: StoredObject) => string>> = {
  'object.metadata.uid': ({ metadata }) => metadata.uid,
  'object.metadata.namespace': ({ metadata }) => metadata.namespace ?? '',
};

const everything = '0x10000000000000000';
const call = /^([\w.]+)\(\s*([\w.]+)\s*,\s*(?:'([^']*)'|"([^"]*)")\s*,\s*(?:'([^']*)'|"([^"]*)")\s*\)$/;

/**
 * Reads a shard selector: `shardRange(FIELD, 'FROM', 'TO')`, joined by `||` (`apiserver:pkg/sharding/parser.go`).
 *
 * @throws ApiError 500 without a reason, as from kube-apiserver; in its words where they are not those of the CEL parser
 */
export function shardSelector(text: string): ShardSelector {
  if (text.trim() === '') throw refused('empty shard selector is not allowed; omit the parameter for unfiltered lists');
  const ranges = text.split('||').map((part) => readRange(part.trim()));
  const [{ field } = { field: '' }] = ranges;
  const other = ranges.find((range) => range.field !== field);
  if (other) throw refused(`all shard ranges must use the same field, got ${quoted(field)} and ${quoted(other.field)}`);
  return {
    text: ranges.map(({ from, to }) => `shardRange(${field}, '${from}', '${to}')`).join(' || '),
    matches: (object) => {
      const hash = `0x${fnv1a(fields[field]?.(object) ?? '')}`;
      return ranges.some(({ from, to }) => !isLess(hash, from) && isLess(hash, to));
    },
  };
}

function readRange(text: string): Range {
  if (/^[\w.]+$/.test(text)) throw refused('unexpected expression kind 3; expected shardRange() call or || operator');
  const [, name = '', field = '', ...bounds] = call.exec(text) ?? [];
  if (name === '') throw refused(`CEL parse error: Syntax error: in ${quoted(text)}`);
  if (name !== 'shardRange')
    throw refused(`unsupported function ${quoted(name)}; only shardRange() and || are allowed`);
  if (!(field in fields))
    throw refused(`unsupported field path ${quoted(field)}; supported: object.metadata.uid, object.metadata.namespace`);
  const from = readBound(bounds[0] ?? bounds[1] ?? '', 'hexStart');
  const to = readBound(bounds[2] ?? bounds[3] ?? '', 'hexEnd');
  if (!isLess(from, to)) throw refused(`shard range start ${from} must be less than end ${to}`);
  return { field, from, to };
}

function readBound(text: string, name: string): string {
  if (!text.startsWith('0x')) throw refused(`${name} must have '0x' prefix, got ${quoted(text)}`);
  const digits = text.slice(2);
  if (digits === '') throw refused(`${name}: hex value is required after '0x'`);
  if (digits.length > 17)
    throw refused(`${name}: hex value too long (${digits.length} chars, max 17): ${quoted(digits)}`);
  const [wrong] = /[^0-9a-f]/.exec(digits) ?? [];
  if (wrong !== undefined) throw refused(`${name}: invalid hex character ${quoted(wrong)} in ${quoted(text)}`);
  if (digits.length === 17 && text !== everything)
    throw refused(`${name}: 17-digit hex value must be '${everything}' (2^64), got ${quoted(text)}`);
  if (digits.length < 16)
    throw refused(
      `${name} must be a 0x-prefixed 16-digit hex value, got ${quoted(text)} (did you mean ${quoted(`0x${digits.padStart(16, '0')}`)}?)`,
    );
  return text;
}

const isLess = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length);

/** FNV-1a of 64 bits, as 16 hex digits. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}

const quoted = (text: string): string => JSON.stringify(text);
const refused = (why: string): ApiError =>
  new ApiError({ code: 500, reason: '', message: `invalid shard selector: ${why}` });
