/** Why a mutant that no spec notices is no rule without a test. */
type Reason = Readonly<{ file: string; kind: string; broken: string; why: string }>;

const reasons: readonly Reason[] = [];

const nameOf = ({ file, kind, broken }: Reason): string => [file, kind, broken].join('\t');

const byName = new Map(reasons.map((reason) => [nameOf(reason), reason.why]));

export const reasonOf = (name: string): string | undefined => byName.get(name);

/** Names of mutants of these files that have a reason and do not survive. */
export const staleReasons = (files: ReadonlySet<string>, survivors: ReadonlySet<string>): readonly string[] =>
  reasons
    .filter(({ file }) => files.has(file))
    .map(nameOf)
    .filter((name) => !survivors.has(name));
