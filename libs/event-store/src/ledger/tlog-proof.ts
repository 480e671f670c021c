/** C2SP tlog-proof: everything that is needed to check offline that an entry is in a log. */
export type TlogProof = Readonly<{
  index: number;
  path: readonly Buffer[];
  checkpoint: string;
  /** Not authenticated by itself: here the entry, and the salt and body that its digest is made of. */
  extra: Buffer;
}>;

/** The text of a proof, as a `.tlog-proof` file holds it. */
export const proofText = ({ index, path, checkpoint, extra }: TlogProof): string =>
  [
    'c2sp.org/tlog-proof@v1',
    `extra ${extra.toString('base64')}`,
    `index ${index}`,
    ...path.map((hash) => hash.toString('base64')),
    '',
    checkpoint,
  ].join('\n');
