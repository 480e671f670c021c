/** What an init container waits for: as its spec tells, else as it said itself when it failed. */
import type { Dependency } from '../dependency/dependency.js';
import { unreachable } from '../dependency/messages.js';
import { readSpec, type ReadSpec } from '../dependency/read-spec.js';
import type { AttemptEnd, AttemptHistory, PodHistory } from '../history.js';
import type { ContainerSpec, PodView } from '../snapshot.js';

/** A spec stays the same object while it is the same: it is read once, for the namespace it is in. */
const known = new WeakMap<ContainerSpec, Readonly<{ namespace: string; position: number | null; read: ReadSpec }>>();

function ofSpec(spec: ContainerSpec, namespace: string, position: number | null): ReadSpec {
  const before = known.get(spec);
  if (before?.namespace === namespace && before.position === position) return before.read;
  const read = readSpec(spec, namespace, position);
  known.set(spec, { namespace, position, read });
  return read;
}

type Of = Readonly<{
  history: PodHistory;
  view: PodView;
  spec: ContainerSpec;
  attempts: readonly AttemptHistory[];
}>;

/** The end of an attempt stays the same object too, and its message the slowest thing to read of it. */
const saidAtEnd = new WeakMap<AttemptEnd, Dependency | null>();

function saidAt(end: AttemptEnd, namespace: string): Dependency | null {
  const before = saidAtEnd.get(end);
  if (before !== undefined) return before;
  const dependency = unreachable(end.message ?? '', namespace, end.position);
  saidAtEnd.set(end, dependency);
  return dependency;
}

/** What failed attempts said that they could not reach, the newest first; each with the attempt that said it. */
export function unreached({ view, attempts }: Pick<Of, 'view' | 'attempts'>): readonly Dependency[] {
  const namespace = view.metadata.namespace ?? '';
  return attempts.toReversed().flatMap(({ end }) => {
    if (end?.outcome !== 'failed') return [];
    const dependency = saidAt(end, namespace);
    return dependency ? [dependency] : [];
  });
}

export function dependenciesOf(of: Of): ReadSpec {
  const { history, view, spec } = of;
  const told = ofSpec(spec, view.metadata.namespace ?? '', history.first?.position ?? null);
  if (told.dependencies.some(({ confidence }) => confidence !== 'weak')) return told;
  const [said] = unreached(of);
  return said ? { ...told, dependencies: [said] } : told;
}
