import { AuditError } from '#libs/platform';

/** How a generation of slices divides namespaces: by a hash of ours, or by ranges of the hash that API servers know. */
export type SlicesBy = 'hash' | 'range';

/** How to divide, where no shard of the generation has decided it yet. */
export type ProposedDivision = Readonly<{
  /** Where the hashes are cut into ranges, ascending; without it, they are not. */
  cuts?: readonly bigint[] | undefined;
  /** What somebody insists on. */
  demanded?: SlicesBy | undefined;
}>;

/** Cuts as they are stored: 16 hex digits each. */
export const storedCuts = (cuts: readonly bigint[] | undefined): readonly string[] | null =>
  cuts?.map((cut) => cut.toString(16).padStart(16, '0')) ?? null;

/** The same, read again. */
export const readCuts = (stored: readonly string[] | null): readonly bigint[] | undefined =>
  stored?.map((cut) => BigInt(`0x${cut}`));

/** @throws AuditError `slices-divided-otherwise` where another way is demanded than a shard of the generation has */
export function refuseOtherDivision(
  { slices, slice_cuts: cuts }: Readonly<{ slices: number | null; slice_cuts: readonly string[] | null }>,
  demanded: SlicesBy | undefined,
): void {
  const by: SlicesBy = cuts === null ? 'hash' : 'range';
  if (demanded === undefined || demanded === by) return;
  throw new AuditError(
    'slices-divided-otherwise',
    `The ${slices} slices of this cluster are divided by ${by}, and --slice-by ${demanded} was given.`,
    {
      remedy: `Give --slice-by ${by}, or none, to all of its recorders; with another number of slices (--slice) another generation of shards begins, which can be divided anew.`,
    },
  );
}
