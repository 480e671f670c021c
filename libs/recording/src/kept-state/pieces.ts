import type { Knowledge } from '../knowledge.js';
import type { SavedTails } from '../log-tails/index.js';
import { saveKnown } from '../reducing/index.js';
import type { KnownParts, SavedKnown } from '../reducing/index.js';

/** A piece of what a recorder knows, as it is kept. */
export type Piece =
  | Readonly<{ of: 'pods' | 'events'; scope: string; known: SavedKnown }>
  | Readonly<{ of: 'nodes' | 'owners' | 'namespaces'; known: SavedKnown }>
  | Readonly<{ of: 'ahead'; scope: string; ahead: readonly (readonly [stream: string, resourceVersion: string])[] }>
  | Readonly<{ of: 'tails'; tails: readonly SavedTails[] }>;

/** So many subjects a piece: about half a megabyte, and a few milliseconds of work. */
const subjectsAPiece = 2_000;

/**
 * What is known at this moment, in pieces that are made when they are asked for: what becomes known meanwhile is in none of them.
 *
 * @param heldBefore the position of a scope that held changes of probes keep back
 */
export function piecesNow(
  { scopes, nodes, owners, namespaces, tails }: Knowledge,
  heldBefore: (scope: string) => string | undefined,
): Generator<Piece> {
  const makers: Generator<Piece>[] = [];
  for (const [scope, { pods, events, ahead }] of scopes) {
    makers.push(ofKnown(pods, (known) => ({ of: 'pods', scope, known })));
    makers.push(ofKnown(events, (known) => ({ of: 'events', scope, known })));
    makers.push(inPieces(ahead.now(heldBefore(scope)), (some) => ({ of: 'ahead', scope, ahead: some })));
  }
  makers.push(ofKnown(nodes, (known) => ({ of: 'nodes', known })));
  makers.push(ofKnown(owners, (known) => ({ of: 'owners', known })));
  makers.push(ofKnown(namespaces, (known) => ({ of: 'namespaces', known })));
  if (tails) makers.push(inPieces(tails.now(), (some) => ({ of: 'tails', tails: some })));
  return oneAfterAnother(makers);
}

function ofKnown(known: KnownParts, piece: (known: SavedKnown) => Piece): Generator<Piece> {
  return inPieces(known.now(), (some) => piece(saveKnown(some)));
}

function* inPieces<Item>(items: readonly Item[], piece: (some: readonly Item[]) => Piece): Generator<Piece> {
  for (let at = 0; at < items.length; at += subjectsAPiece) yield piece(items.slice(at, at + subjectsAPiece));
}

function* oneAfterAnother(makers: readonly Generator<Piece>[]): Generator<Piece> {
  for (const maker of makers) yield* maker;
}
