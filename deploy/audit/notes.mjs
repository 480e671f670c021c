// What every check rests on: hashes, and notes that a key signed. Part of verify.mjs.

// Importing a built-in module makes all that it exports, WebCrypto too: most of what one proof costs. Node 18 has no other way.
export const builtIn = async (name) => process.getBuiltinModule?.(name) ?? import(name);
const { createHash, createPublicKey, verify } = await builtIn('node:crypto');

export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
export const leaf = (entry) => sha256(Buffer.from([0]), entry);
export const node = (left, right) => sha256(Buffer.from([1]), left, right);

export function fail(message) {
  console.error(`does not hold: ${message}`);
  process.exit(1);
}

/** Bytes of base64 as it is written: spare bits, spaces and signs of no meaning could be changed unseen. */
export function bytesOf(text, what) {
  const bytes = Buffer.from(text ?? '', 'base64');
  if (bytes.toString('base64') !== text) fail(`${what} is no base64`);
  return bytes;
}

/** The text of a note that KEY signed. */
function opened(note, key) {
  const [name, id, encoded] = key.split('+', 2).concat(key.split('+').slice(2).join('+'));
  const typed = Buffer.from(encoded ?? '', 'base64');
  if (typed.length !== 33 || typed[0] !== 1) fail('the key is no Ed25519 verifier key');
  if (sha256(`${name}\n`, typed).subarray(0, 4).toString('hex') !== id) fail('the key does not have its own id');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const end = note.lastIndexOf('\n\n');
  if (end < 0) fail('the checkpoint is no signed note');
  const text = note.slice(0, end + 1);
  for (const line of note
    .slice(end + 2)
    .split('\n')
    .filter(Boolean)) {
    const [dash, signer, signed] = line.split(' ');
    const bytes = bytesOf(signed, 'a signature of the checkpoint');
    if (dash !== '\u2014' || signer !== name || bytes.subarray(0, 4).toString('hex') !== id) continue;
    if (verify(null, Buffer.from(text), publicKey, bytes.subarray(4))) return text;
    fail('the signature of the checkpoint is wrong');
  }
  return fail('the key did not sign the checkpoint');
}

/** What a checkpoint says. Its origin is the name of the key. */
export function checkpoint(note, key) {
  const [origin, size, root] = opened(note, key).split('\n');
  if (origin !== key.split('+')[0]) fail(`the checkpoint is of ${origin}`);
  if (!/^(0|[1-9]\d*)$/.test(size ?? '')) fail('the checkpoint has no size');
  return { origin, size: Number(size), root: bytesOf(root, 'the hash of the checkpoint') };
}
