/** Holds what the service told of a campaign against what was revealed to it and what the container runtime knows. */
import type { Json } from '../e2e/service.js';
import type { Case, Judgement } from './case.js';
import { judgeAttempts } from './judge-attempts.js';
import { judgeCells } from './judge-cells.js';
import { judgeCycles } from './judge-cycles.js';

export function judge(given: Case): Judgement {
  const all = [judgePods(given), judgeAttempts(given), judgeCycles(given), judgeCells(given)];
  return {
    untruths: all.flatMap(({ untruths }) => untruths),
    compared: Object.assign({}, ...all.map(({ compared }) => compared)) as Record<string, number>,
  };
}

/** It came and went unseen, and is told so: by what its Events prove. */
const isOfEvents = ({ cycles, findings }: Json): boolean =>
  cycles.length === 0 && findings.some(({ kind }: Json) => kind === 'seenOnlyInEvents');

/** Every pod that was revealed is told, and none else but those that Events alone revealed; one whose end was seen is told as gone. */
function judgePods({ told, looks, known: everRevealed, named }: Case): Judgement {
  const known = new Map(told.pods.map((pod) => [pod.uid as string, pod]));
  const untruths = [...looks].flatMap(([uid, of]) => {
    const { namespace, name } = of[0]!.pod.metadata;
    const pod = known.get(uid);
    if (!pod) return [`pod ${namespace}/${name} ${uid} was revealed and is not told`];
    const gone = of.some(({ how }) => how === 'DELETED');
    return gone && pod.deletedAt === null ? [`pod ${namespace}/${name} ${uid} was deleted and is told as living`] : [];
  });
  const invented = told.pods
    .filter((pod) => !everRevealed.has(pod.uid) && !(named.has(pod.uid) && isOfEvents(pod)))
    .map(({ uid }) => `pod ${uid} was never revealed`);
  return { untruths: [...untruths, ...invented], compared: { pods: looks.size } };
}
