import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { openNote, parseNote, parseVerifier, signerOf, signNote } from './signed-note.js';

/** The example of golang.org/x/mod/sumdb/note, whose format signed-note is. */
const neumann = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  note:
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};
const newPem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('a signed note', () => {
  it('of the known answers opens', () => {
    expect(openNote(neumann.note, [parseVerifier(neumann.vkey)])).toMatch(/^If you think .*problem is\.\n$/su);
  });

  it('opens by each of the keys that signed it, and by no other', () => {
    const [old, next, other] = [newPem(), newPem(), newPem()].map((pem) => signerOf('ledger.example/1', pem));
    if (!old || !next || !other) throw new Error('three keys');
    const note = signNote('a text\n', [old, next]);

    expect(openNote(note, [old.verifier])).toBe('a text\n');
    expect(openNote(note, [parseVerifier(next.verifier.vkey)])).toBe('a text\n');
    expect(openNote(note, [other.verifier])).toBeUndefined();
  });

  it('does not open when a byte of it was changed', () => {
    const signer = signerOf('ledger.example/1', newPem());
    const note = signNote('origin\n12\nroot\n', [signer]);

    for (let at = 0; at < note.length; at += 1) {
      const changed = note.slice(0, at) + (note[at] === 'X' ? 'Y' : 'X') + note.slice(at + 1);
      expect(openNote(changed, [signer.verifier]), `changed at ${at}`).toBeUndefined();
    }
  });

  it.each([
    '',
    'a text\n',
    'a text\n\n',
    'a text\n\n— name\n',
    'a text\n\n- name AAAAAAAA\n',
    'a text\n\n— name AAAA\n',
  ])('is not %j', (text) => expect(parseNote(text)).toBeUndefined());
});

describe('parseVerifier', () => {
  it.each([
    ['PeterNeumann', /no Ed25519 verifier key/u],
    ['PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', /key id/u],
    ['PeterNeumann+c74f20a3+AhpcMQegwxbzhKqiBfsVkmqq', /no Ed25519 verifier key/u],
  ])('says what is wrong with %s', (vkey, message) => expect(() => parseVerifier(vkey)).toThrow(message));
});
