/** SHA-1 and name-based UUIDs (RFC 9562, version 5): the same facts give the same id. Written out, because this lib imports nothing. */

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** UTF-8 of a text after a prefix of bytes; a lone surrogate becomes U+FFFD. */
function utf8(prefix: readonly number[], text: string): number[] {
  const bytes = [...prefix];
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0xfffd;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

/** The message in 32-bit words, padded as SHA-1 asks. */
function padded(bytes: readonly number[]): Int32Array {
  const words = new Int32Array((((bytes.length + 8) >> 6) + 1) * 16);
  const put = (i: number, byte: number): void => {
    words[i >> 2] = (words[i >> 2] ?? 0) | (byte << (24 - (i & 3) * 8));
  };
  bytes.forEach((byte, i) => put(i, byte));
  put(bytes.length, 0x80);
  words[words.length - 1] = bytes.length * 8;
  return words;
}

/** One of the 80 rounds' functions of b, c and d, with its constant. */
function mixed(i: number, b: number, c: number, d: number): number {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

/** Folds one block of 16 words into the state; `w` has room for the 80 words that it is widened to. */
function compress(state: Int32Array, block: Int32Array, w: Int32Array): void {
  w.set(block);
  for (let i = 16; i < 80; i++) {
    w[i] = rotate((w[i - 3] ?? 0) ^ (w[i - 8] ?? 0) ^ (w[i - 14] ?? 0) ^ (w[i - 16] ?? 0), 1);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let i = 0; i < 80; i++) {
    const next = (rotate(a, 5) + mixed(i, b, c, d) + e + (w[i] ?? 0)) | 0;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  [a, b, c, d, e].forEach((word, i) => {
    state[i] = ((state[i] ?? 0) + word) | 0;
  });
}

/** SHA-1 of bytes, in hexadecimal. */
function digest(bytes: readonly number[]): string {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const words = padded(bytes);
  const room = new Int32Array(80);
  for (let start = 0; start < words.length; start += 16) compress(state, words.subarray(start, start + 16), room);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** SHA-1 of a text's UTF-8, in hexadecimal. Identity, not security. */
export const sha1 = (text: string): string => digest(utf8([], text));

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
  const hash = digest(utf8(bytesOf(namespace), name));
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(18, 20)}-${hash.slice(20, 32)}`;
}
