import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** C2SP signed-note: text signed by one or more Ed25519 keys. */
export type SignedNote = Readonly<{ text: string; signatures: readonly NoteSignature[] }>;
export type NoteSignature = Readonly<{ name: string; keyId: string; signature: Buffer }>;

/** Who may sign: `vkey` is the verifier key as other tools take it, NAME+KEYID+BASE64. */
export type Verifier = Readonly<{ name: string; keyId: string; key: KeyObject; vkey: string }>;
export type Signer = Readonly<{ verifier: Verifier; key: KeyObject }>;

const ED25519 = 0x01;
/** What stands before the 32 bytes of an Ed25519 public key in its SPKI form (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** A signer of this name with an Ed25519 private key in PEM. @throws Error for what is no such key */
export function signerOf(name: string, pem: string): Signer {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`the key is ${key.asymmetricKeyType}, not Ed25519`);
  const raw = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(spkiPrefix.length);
  return { verifier: verifierOf(name, raw), key };
}

function verifierOf(name: string, raw: Buffer): Verifier {
  const typed = Buffer.concat([Buffer.from([ED25519]), raw]);
  const keyId = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4).toString('hex');
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
  return { name, keyId, key, vkey: `${name}+${keyId}+${typed.toString('base64')}` };
}

/** The same key under another name: one key signs several logs, each under the name of its log. */
export const verifierNamed = (name: string, { vkey }: Verifier): Verifier =>
  verifierOf(name, Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1));

/** A verifier by its key in text. @throws Error that says what is wrong with it */
export function parseVerifier(vkey: string): Verifier {
  const [, name = '', keyId, encoded = ''] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey) ?? [];
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 33 || typed[0] !== ED25519)
    throw new Error(`${vkey} is no Ed25519 verifier key: NAME+KEYID+BASE64`);
  const verifier = verifierOf(name, typed.subarray(1));
  if (verifier.keyId !== keyId) throw new Error(`the key id of ${vkey} is not that of its name and key`);
  return verifier;
}

/** The text, which must end in a newline, signed by each of `signers`. */
export function signNote(text: string, signers: readonly Signer[]): string {
  const lines = signers.map(({ verifier, key }) => {
    const signed = Buffer.concat([Buffer.from(verifier.keyId, 'hex'), sign(null, Buffer.from(text), key)]);
    return `— ${verifier.name} ${signed.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

const signatureLine = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u;

/** Reads a note without trusting it. Undefined for what is none. */
export function parseNote(note: string): SignedNote | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded] = signatureLine.exec(line) ?? [];
    const bytes = Buffer.from(encoded ?? '', 'base64');
    // Spare bits of base64 could be changed unseen.
    if (name === undefined || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
    signatures.push({ name, keyId: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

/**
 * The text of a note that one of `verifiers` signed. Signatures of unknown keys are passed over; one of a known key that does not
 * verify condemns the note.
 */
export function openNote(note: string, verifiers: readonly Verifier[]): string | undefined {
  const parsed = parseNote(note);
  if (!parsed) return undefined;
  let isSigned = false;
  for (const { name, keyId, signature } of parsed.signatures) {
    const known = verifiers.find((verifier) => verifier.name === name && verifier.keyId === keyId);
    if (!known) continue;
    if (!verify(null, Buffer.from(parsed.text), known.key, signature)) return undefined;
    isSigned = true;
  }
  return isSigned ? parsed.text : undefined;
}
