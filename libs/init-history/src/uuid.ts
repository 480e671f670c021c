/** SHA-1 and name-based UUIDs (RFC 9562, version 5): the same facts give the same id. Written out, because this lib imports nothing. */

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** Bytes of a message, four in a word; `length` of them are there. */
type Message = { readonly words: Int32Array; length: number };

/** A text's UTF-8 takes at most three bytes for each of its UTF-16 units. */
const MOST_BYTES = 3;

/** Words of the whole blocks that hold so many bytes, the mark of their end and their length. */
const wordsFor = (bytes: number): number => (((bytes + 8) >> 6) + 1) * 16;

/** Room that is used again for every message: one is digested before the next begins. */
let room: Int32Array = new Int32Array(wordsFor(512));
const schedule = new Int32Array(80);
const state = new Int32Array(5);

/** An empty message with room for so many bytes, all of them 0. */
function messageFor(bytes: number): Message {
  const words = wordsFor(bytes);
  if (room.length < words) room = new Int32Array(words);
  room.fill(0, 0, words);
  return { words: room, length: 0 };
}

function put(message: Message, byte: number): void {
  const at = message.length++;
  const word = at >> 2;
  message.words[word] = (message.words[word] ?? 0) | (byte << (24 - (at & 3) * 8));
}

/** Puts the UTF-8 of a text; a lone surrogate becomes U+FFFD. */
function putText(message: Message, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) put(message, unit);
    else i += putOther(message, text, i);
  }
}

/** Puts a character beyond ASCII. @returns how many units it takes beyond its first */
function putOther(message: Message, text: string, at: number): number {
  let code = text.codePointAt(at) ?? 0xfffd;
  if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
  if (code < 0x800) put(message, 0xc0 | (code >> 6));
  else if (code < 0x10000) put(message, 0xe0 | (code >> 12));
  else put(message, 0xf0 | (code >> 18));
  if (code >= 0x10000) put(message, 0x80 | ((code >> 12) & 63));
  if (code >= 0x800) put(message, 0x80 | ((code >> 6) & 63));
  put(message, 0x80 | (code & 63));
  return code >= 0x10000 ? 1 : 0;
}

/** One of the 80 rounds' functions of b, c and d, with its constant. */
function mixed(i: number, b: number, c: number, d: number): number {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

/** Folds the 16 words of `words` from `start` on into the state. */
function compress(words: Int32Array, start: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = words[start + i] ?? 0;
  for (let i = 16; i < 80; i++) {
    w[i] = rotate((w[i - 3] ?? 0) ^ (w[i - 8] ?? 0) ^ (w[i - 14] ?? 0) ^ (w[i - 16] ?? 0), 1);
  }
  let [a, b, c, d, e] = [state[0] ?? 0, state[1] ?? 0, state[2] ?? 0, state[3] ?? 0, state[4] ?? 0];
  for (let i = 0; i < 80; i++) {
    const next = (rotate(a, 5) + mixed(i, b, c, d) + e + (w[i] ?? 0)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
  state[4] = ((state[4] ?? 0) + e) | 0;
}

/** SHA-1 of a message, in hexadecimal. */
function digest(message: Message): string {
  const { words, length } = message;
  const used = wordsFor(length);
  put(message, 0x80);
  words[used - 1] = length * 8;
  state.set(INITIAL);
  for (let start = 0; start < used; start += 16) compress(words, start);
  let text = '';
  for (let i = 0; i < 5; i++) text += hexOf(state[i] ?? 0);
  return text;
}

const INITIAL = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);

/** The two hexadecimal digits of each byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hexOf = (word: number): string =>
  `${HEX[word >>> 24]}${HEX[(word >>> 16) & 255]}${HEX[(word >>> 8) & 255]}${HEX[word & 255]}`;

/** SHA-1 of a text's UTF-8, in hexadecimal. Identity, not security. */
export function sha1(text: string): string {
  const message = messageFor(text.length * MOST_BYTES);
  putText(message, text);
  return digest(message);
}

/** Bytes of namespaces already read: there are few. */
const namespaces = new Map<string, readonly number[]>();

function bytesOf(uuid: string): readonly number[] {
  const known = namespaces.get(uuid);
  if (known) return known;
  const bytes = (uuid.replaceAll('-', '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  namespaces.set(uuid, bytes);
  return bytes;
}

/** The UUID, version 5, of a name in a namespace (a UUID). */
export function uuidv5(namespace: string, name: string): string {
  const message = messageFor(16 + name.length * MOST_BYTES);
  for (const byte of bytesOf(namespace)) put(message, byte);
  putText(message, name);
  const hash = digest(message);
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(18, 20)}-${hash.slice(20, 32)}`;
}
