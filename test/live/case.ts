/** What a campaign left behind in its folder, read to be judged. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, looksOf, printedIn, type Cells, type Look, type Pod } from './revealed.js';
import type { Told } from './told.js';
import { readTruth, type RuntimeTruth } from './truth.js';

/** The files of a campaign in its folder. */
export const filesIn = (folder: string) => ({
  plan: join(folder, 'plan.json'),
  log: join(folder, 'log.txt'),
  told: join(folder, 'told.json'),
  truth: join(folder, 'truth.jsonl'),
  revealed: join(folder, 'revealed.jsonl'),
  witness: join(folder, 'witness.jsonl'),
});

/** All there is to judge by. */
export type Case = Readonly<{
  told: Told;
  truth: RuntimeTruth;
  /** Looks that were sent to the recorder, by pod uid. */
  looks: ReadonlyMap<string, readonly Look[]>;
  /** What kubectl printed, by resourceVersion. */
  printed: ReadonlyMap<string, Cells>;
}>;

/** `compared` counts what was looked at, so that a judgement of nothing is seen to be one. */
export type Judgement = Readonly<{ untruths: readonly string[]; compared: Readonly<Record<string, number>> }>;

/** Milliseconds until what was sent to the recorder shows in every answer. */
const shows = 2_000;

export function caseOf(folder: string): Case {
  const files = filesIn(folder);
  const { namespace } = JSON.parse(readFileSync(files.plan, 'utf8')) as { namespace: string };
  const told = JSON.parse(readFileSync(files.told, 'utf8')) as Told;
  const sent = linesOf(files.revealed).filter(({ receivedAt }) => Date.parse(receivedAt) < told.askedAt - shows);
  return {
    told,
    truth: readTruth(files.truth),
    looks: Map.groupBy(looksOf(sent, namespace), ({ pod }) => pod.metadata.uid),
    printed: printedIn(linesOf(files.witness)),
  };
}

/** The newest spec of a pod: it may have changed. */
export const newestOf = (looks: readonly Look[]): Pod | undefined => looks.at(-1)?.pod;
