import { openNote, signNote, type Signer, type Verifier } from './signed-note.js';

/** C2SP tlog-checkpoint: how many events a log had, and the Merkle tree hash over them. */
export type Checkpoint = Readonly<{ origin: string; size: number; root: Buffer }>;

/** The signed note of a checkpoint. */
export const signCheckpoint = ({ origin, size, root }: Checkpoint, signers: readonly Signer[]): string =>
  signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signers);

/** What a checkpoint's note says, where one of `verifiers` signed it. */
export function openCheckpoint(note: string, verifiers: readonly Verifier[]): Checkpoint | undefined {
  const text = openNote(note, verifiers);
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\n/u.exec(text ?? '') ?? [];
  if (origin === undefined || size === undefined || root === undefined) return undefined;
  return Number.isSafeInteger(Number(size))
    ? { origin, size: Number(size), root: Buffer.from(root, 'base64') }
    : undefined;
}
