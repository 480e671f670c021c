/** SHA-1 and name-based UUIDs (RFC 9562, version 5): the same facts give the same id. Written out, because this lib imports nothing. */

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** UTF-8 of a text; a lone surrogate becomes U+FFFD. */
function utf8(text: string): number[] {
  const bytes: number[] = [];
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
function padded(bytes: readonly number[]): number[] {
  const words = Array.from({ length: (((bytes.length + 8) >> 6) + 1) * 16 }, () => 0);
  for (const [i, byte] of bytes.entries()) words[i >> 2] = (words[i >> 2] ?? 0) | (byte << (24 - (i % 4) * 8));
  words[bytes.length >> 2] = (words[bytes.length >> 2] ?? 0) | (0x80 << (24 - (bytes.length % 4) * 8));
  words[words.length - 1] = bytes.length * 8;
  return words;
}

type State = [number, number, number, number, number];

function round(i: number, [, b, c, d]: State): number {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function compress(state: State, block: readonly number[]): State {
  const w = [...block];
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i++) {
    if (i >= 16) w[i] = rotate((w[i - 3] ?? 0) ^ (w[i - 8] ?? 0) ^ (w[i - 14] ?? 0) ^ (w[i - 16] ?? 0), 1);
    const next = (rotate(a, 5) + round(i, [a, b, c, d, e]) + e + (w[i] ?? 0)) | 0;
    [a, b, c, d, e] = [next, a, rotate(b, 30), c, d];
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0, (state[4] + e) | 0];
}

function sha1Words(bytes: readonly number[]): State {
  let state: State = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
  const words = padded(bytes);
  for (let start = 0; start < words.length; start += 16) state = compress(state, words.slice(start, start + 16));
  return state;
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** SHA-1 of a text's UTF-8, in hexadecimal. Identity, not security. */
export const sha1 = (text: string): string => sha1Words(utf8(text)).map(hex).join('');

/** The UUID, version 5, of a name in a namespace (a UUID). */
export function uuidv5(namespace: string, name: string): string {
  const prefix = (namespace.replaceAll('-', '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const digest = sha1Words([...prefix, ...utf8(name)])
    .map(hex)
    .join('');
  const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `5${digest.slice(13, 16)}`,
    `${variant}${digest.slice(18, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}
