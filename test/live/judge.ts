/** Holds what the service told of a campaign against what was revealed to it and what the container runtime knows. */
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

/** Every pod that was revealed is told, and none else; one whose end was seen is told as gone. */
function judgePods({ told, looks, known: everRevealed }: Case): Judgement {
  const known = new Map(told.pods.map((pod) => [pod.uid as string, pod]));
  const untruths = [...looks].flatMap(([uid, of]) => {
    const { namespace, name } = of[0]!.pod.metadata;
    const pod = known.get(uid);
    if (!pod) return [`pod ${namespace}/${name} ${uid} was revealed and is not told`];
    const gone = of.some(({ how }) => how === 'DELETED');
    return gone && pod.deletedAt === null ? [`pod ${namespace}/${name} ${uid} was deleted and is told as living`] : [];
  });
  const invented = [...known.keys()]
    .filter((uid) => !everRevealed.has(uid))
    .map((uid) => `pod ${uid} was never revealed`);
  return { untruths: [...untruths, ...invented], compared: { pods: looks.size } };
}
