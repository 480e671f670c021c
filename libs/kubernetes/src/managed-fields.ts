/** An entry of metadata.managedFields without the fields themselves: who wrote, how, and when. */
export type ManagedFields = Readonly<Record<string, string>>;

const [quote, backslash, colon, comma, open, close] = Array.from('"\\:,{}', (character) => character.charCodeAt(0));

/** A string of an entry: nothing escaped. Members as Go writes them, each left out where it is empty. */
const text = '"([^"\\\\\\x00-\\x1f]*)"';
const before = new RegExp(
  `\\{(?:"manager":${text},)?(?:"operation":${text},)?(?:"apiVersion":${text},)?(?:"time":${text},)?(?:"fieldsType":${text},)?"fieldsV1":`,
  'y',
);
const after = new RegExp(`(?:,"subresource":${text})?\\}([,\\]])`, 'y');
const names = ['manager', 'operation', 'apiVersion', 'time', 'fieldsType'] as const;

/**
 * Reads a list of managedFields entries, which begins after its bracket at `from` and ends with one before `to`, without what they say of
 * fields: nobody wants that, and it is most of a pod's metadata. Undefined for whatever is not exactly as Go writes it; then JSON has to say
 * what it is. What is passed over is valid JSON, looked at character by character.
 */
export function readManagedFields(line: string, from: number, to: number): ManagedFields[] | undefined {
  const entries: ManagedFields[] = [];
  for (let at = from; ;) {
    before.lastIndex = at;
    const head = before.exec(line);
    if (!head) return undefined;
    after.lastIndex = endOfFields(line, before.lastIndex, to);
    const tail = after.lastIndex < 0 ? null : after.exec(line);
    if (!tail) return undefined;
    entries.push(entryOf(head, tail[1]));
    at = after.lastIndex;
    if (tail[2] === ']') return at === to ? entries : undefined;
  }
}

function entryOf(head: RegExpExecArray, subresource: string | undefined): ManagedFields {
  const entry: Record<string, string> = {};
  for (const [nth, name] of names.entries()) {
    const value = head[nth + 1];
    if (value !== undefined) entry[name] = value;
  }
  if (subresource !== undefined) entry['subresource'] = subresource;
  return entry;
}

/** Where a FieldsV1 ends that begins at `from`: an object of nothing but objects. -1 where it is anything else, or goes beyond `to`. */
function endOfFields(line: string, from: number, to: number): number {
  if (line.charCodeAt(from) !== open) return -1;
  let depth = 1;
  // After an opening brace stands a closing one or a key; after a closing one a comma and a key, or another closing one.
  let mayKey = true;
  for (let at = from + 1; at < to;) {
    const code = line.charCodeAt(at);
    if (code === close) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at;
      mayKey = false;
    } else {
      if (!mayKey && code !== comma) return -1;
      const key = mayKey ? at : at + 1;
      at = endOfKey(line, key, to);
      if (at < 0 || line.charCodeAt(at) !== colon || line.charCodeAt(at + 1) !== open) return -1;
      at += 2;
      depth += 1;
      mayKey = true;
    }
  }
  return -1;
}

/** Where the string ends that begins at `from`. Of escapes only those of quotes and backslashes are known. */
function endOfKey(line: string, from: number, to: number): number {
  if (line.charCodeAt(from) !== quote) return -1;
  for (let at = from + 1; at < to; at += 1) {
    const code = line.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code < 0x20) return -1;
    if (code !== backslash) continue;
    at += 1;
    const escaped = line.charCodeAt(at);
    if (escaped !== quote && escaped !== backslash) return -1;
  }
  return -1;
}
