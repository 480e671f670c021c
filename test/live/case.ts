/** What a campaign left behind in its folder, read to be judged. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, looksOf, namedIn, podsNamedIn, printedIn, type Cells, type Look, type Pod } from './revealed.js';
import type { Told } from './told.js';
import { adopted, readTruth, type Named, type RuntimeTruth } from './truth.js';

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
  /** Looks that were sent to the recorder a while before it was asked, by pod uid. */
  looks: ReadonlyMap<string, readonly Look[]>;
  /** Uids of all pods that were ever sent. */
  known: ReadonlySet<string>;
  /** Uids of pods that Events named which were sent: of one that came and went in a gap nothing else is. */
  named: ReadonlySet<string>;
  /** What kubectl printed, by resourceVersion. */
  printed: ReadonlyMap<string, Cells>;
}>;

/** `compared` counts what was looked at, so that a judgement of nothing is seen to be one. */
export type Judgement = Readonly<{ untruths: readonly string[]; compared: Readonly<Record<string, number>> }>;

/** Milliseconds until what was sent to the recorder shows in every answer. */
const shows = 2_000;

/** What a campaign left behind in its folder. */
export function caseIn(folder: string): Case {
  const files = filesIn(folder);
  const { namespace } = JSON.parse(readFileSync(files.plan, 'utf8')) as { namespace: string };
  const told = JSON.parse(readFileSync(files.told, 'utf8')) as Told;
  const revealed = linesOf(files.revealed);
  const printed = printedIn(linesOf(files.witness));
  return caseOf({
    told,
    truth: readTruth(files.truth),
    looks: looksOf(revealed, namespace),
    named: podsNamedIn(revealed),
    printed,
  });
}

/** @param given `looks` are all that were ever sent, in their order */
export function caseOf(
  given: Readonly<{ looks: readonly Look[] }> & Pick<Case, 'told' | 'truth' | 'named' | 'printed'>,
): Case {
  const { told, truth, looks, named, printed } = given;
  const settled = looks.filter(({ receivedAt }) => Date.parse(receivedAt) < told.askedAt - shows);
  return {
    told,
    truth: adopted(truth, namedBy(looks)),
    looks: Map.groupBy(settled, ({ pod }) => pod.metadata.uid),
    known: new Set(looks.map(({ pod }) => pod.metadata.uid)),
    named,
    printed,
  };
}

const namedBy = (looks: readonly Look[]): Named =>
  new Map(
    looks.flatMap(({ pod: { metadata, status } }) =>
      [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap((one) =>
        namedIn(one).map((id) => [id, { podUid: metadata.uid, container: one.name }] as const),
      ),
    ),
  );

/** The newest spec of a pod: it may have changed. */
export const newestOf = (looks: readonly Look[]): Pod | undefined => looks.at(-1)?.pod;

/** The uid that the runtime knows a pod by: of a mirror pod, that of its static pod (semantics 2.8). */
export const runtimeUidOf = (uid: string, looks: readonly Look[]): string =>
  newestOf(looks)?.metadata.annotations?.['kubernetes.io/config.mirror'] ?? uid;
