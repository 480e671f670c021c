/** All mutants of a source file in one text, each behind a switch, so that a module is loaded once for all of them. */
import ts from 'typescript';

import { mutated, type Mutant } from './mutants.js';

/** The function that the text asks, with the number of a mutant, whether that one is on. */
export const switchName = '$mutant';

type Place = { readonly start: number; readonly end: number; readonly mutants: number[] };

/**
 * The source with `numbers[i]` as the switch of `mutants[i]`. With all of them off it does what the source does.
 * Mutants of what lies within another's place can only be on where that one is off.
 */
export function switched(source: string, mutants: readonly Mutant[], numbers: readonly number[]): string {
  const places = placesOf(source, mutants);

  const within = (start: number, end: number, inner: readonly Place[]): string => {
    let text = '';
    let at = start;
    for (const place of inner) {
      if (place.start < at) continue; // lies within the one before
      text += source.slice(at, place.start) + asked(place);
      at = place.end;
    }
    return text + source.slice(at, end);
  };

  const asked = (place: Place): string => {
    const { start, end } = place;
    const inner = places.filter((one) => one !== place && one.start >= start && one.end <= end);
    const broken = place.mutants.map((i) => {
      const mutant = mutants[i];
      const moved = mutant && { ...mutant, start: mutant.start - start, end: mutant.end - start };
      return `${switchName}(${numbers[i]}) ? ${moved ? mutated(source.slice(start, end), moved) : ''} : `;
    });
    return `(${broken.join('')}${within(start, end, inner)})`;
  };

  return within(0, source.length, places);
}

/** The expressions that have mutants, outer ones before those in them. */
function placesOf(source: string, mutants: readonly Mutant[]): readonly Place[] {
  const tree = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ESNext, true);
  const places = new Map<string, Place>();
  mutants.forEach((mutant, i) => {
    const node = wholeChain(nodeAt(tree, mutant));
    const [start, end] = [node.getStart(tree), node.getEnd()];
    const place = places.get(`${start}-${end}`) ?? { start, end, mutants: [] };
    place.mutants.push(i);
    places.set(`${start}-${end}`, place);
  });
  return [...places.values()].toSorted((a, b) => a.start - b.start || b.end - a.end);
}

/** The outermost node of exactly the mutant's text. */
function nodeAt(tree: ts.SourceFile, { start, end }: Mutant): ts.Node {
  const find = (node: ts.Node): ts.Node | undefined =>
    node.getStart(tree) === start && node.getEnd() === end && node !== tree
      ? node
      : ts.forEachChild(node, (child) => (child.pos <= start && child.end >= end ? find(child) : undefined));
  const found = find(tree);
  if (!found) throw new Error(`No expression stands at ${start} to ${end}: the mutant is of another text`);
  return found;
}

/** `a?.b.c` in brackets would no longer end at an absent `a`. */
function wholeChain(node: ts.Node): ts.Node {
  const { parent } = node;
  return ts.isOptionalChain(parent) && parent.expression === node ? wholeChain(parent) : node;
}
