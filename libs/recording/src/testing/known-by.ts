import type { Folded } from '../folding.js';
import type { KnownParts } from '../reducing/index.js';

/** Everything that a recorder knows, as tests compare it: names of parts in order, and nothing that only saves time. */
export function knownBy({ scopes, nodes, owners, namespaces, tails, ...said }: Folded): unknown {
  const { reducer, knownUntil } = said;
  return {
    scopes: Array.from(scopes, ([scope, { pods, events, ahead }]) => ({
      scope,
      pods: partsOf(pods),
      events: partsOf(events),
      ahead: new Map(ahead.now('0')),
    })),
    nodes: partsOf(nodes),
    owners: partsOf(owners),
    namespaces: partsOf(namespaces),
    tails: tails?.now(),
    reducer,
    knownUntil,
  };
}

function partsOf(known: KnownParts): Map<string, object> {
  const subjects = known.now().map(([uid, { layout, hashes, writes }]) => [uid, { layout, hashes, writes }] as const);
  return new Map(subjects);
}
