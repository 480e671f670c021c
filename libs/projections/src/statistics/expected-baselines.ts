/** Which baselines a page will ask for, as far as it shows that before it is folded. Pure. */
import { viewOf, workloadOf } from '#libs/init-history';
import type { ContextBook } from '../context/context-book.js';
import { namesAfter, unnamed } from '../context/pod-names.js';
import type { Input } from '../pod-inits/pod-fold.js';
import type { BaselineKey } from './baselines.js';

/**
 * Those of pods that are shown whole: of their init containers, and of their initialization. A guess, so that they are read together: what
 * it misses is read when it is asked for.
 */
export const expectedBaselines = (inputs: readonly Input[], book: ContextBook): readonly BaselineKey[] =>
  inputs.flatMap((input) => expectedOf(input, book));

function expectedOf({ observation, position }: Input, book: ContextBook): readonly BaselineKey[] {
  if (observation.type !== 'PodObserved' || !observation.parts['metadata'] || !observation.parts['spec']) return [];
  const view = viewOf(observation.parts);
  const context = book.contextOf(namesAfter(unnamed, observation), position);
  const { kind, name } = workloadOf(view, context);
  const of = {
    namespace: view.metadata.namespace ?? '',
    namespaceUid: context.namespace?.uid ?? '',
    workloadKind: kind,
    workloadName: name,
  };
  return ['', ...view.initContainers.map((container) => container.name)].map((container) => ({ ...of, container }));
}
