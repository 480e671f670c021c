/** What was held against what, and what was not as it should be. `compared` counts, so that a judgement of nothing is seen to be one. */
export type Judgement = Readonly<{ untruths: readonly string[]; compared: Readonly<Record<string, number>> }>;

export function together(judgements: readonly Judgement[]): Judgement {
  return {
    untruths: judgements.flatMap(({ untruths }) => untruths),
    compared: Object.assign({}, ...judgements.map(({ compared }) => compared)) as Record<string, number>,
  };
}
