/** What the container runtime saw, read from its `truth.jsonl`: instances, and the sandboxes they ran in. */
import { readFileSync } from 'node:fs';
import type { Truth } from '../recordings/reader.js';

/** Times in epoch milliseconds. */
export type TrueInstance = {
  containerId: string;
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
  createdAt: number;
  /** As announced: some time after the start itself, which lies between creation and this. Null: it could not be started. */
  startedAt: number | null;
  exitedAt: number | null;
  exitCode: number | null;
  /** Which of the pod's sandboxes it ran in, from 1. */
  sandbox: number;
};

export type TrueSandbox = { startedAt: number; exitedAt: number | null };

export type RuntimeTruth = Readonly<{
  /** By container id. */
  instances: ReadonlyMap<string, TrueInstance>;
  /** By pod uid, in order. */
  sandboxes: ReadonlyMap<string, readonly TrueSandbox[]>;
  /** Moments at which something began of which the runtime did not say whose it was. */
  unnamed: readonly number[];
}>;

/** RFC 3339 with nanoseconds, as epoch milliseconds with a fraction. */
export function epochOf(at: string): number {
  const [, whole = '', fraction = '0'] = /^([^.Z]*)\.?(\d*)Z$/.exec(at) ?? [];
  return Date.parse(`${whole}Z`) + Number(`0.${fraction || '0'}`) * 1000;
}

/** A file that is being written may end in half a line. */
const factsIn = (file: string): Truth[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Truth);

export const readTruth = (file: string): RuntimeTruth => truthOf(factsIn(file));

/** Milliseconds by which a start was announced late, at most: all that is known of a creation that nobody noted. */
const announcedLate = 1500;

/** What a pod's statuses say of instances of which the runtime did not say whose they are: a busy machine may not answer in time. */
export type Named = ReadonlyMap<string, Readonly<{ podUid: string; container: string }>>;

/** The truth with those instances given to the pods that named them. Whose an unnamed sandbox was cannot be told: see `isWhole`. */
export function adopted({ instances, sandboxes }: RuntimeTruth, named: Named): RuntimeTruth {
  const known = [...instances].map(([id, one]): [string, TrueInstance] => {
    const owner = one.podUid === '' ? named.get(id) : undefined;
    if (!owner) return [id, one];
    const its = sandboxes.get(owner.podUid) ?? [];
    return [id, { ...one, ...owner, sandbox: its.filter(({ startedAt }) => startedAt <= one.createdAt).length }];
  });
  return withUnnamed(new Map(known), sandboxes);
}

export function truthOf(facts: readonly Truth[]): RuntimeTruth {
  const instances = new Map<string, TrueInstance>();
  const sandboxes = new Map<string, TrueSandbox[]>();
  const sandboxById = new Map<string, TrueSandbox>();
  for (const fact of facts) {
    const at = epochOf(fact.at);
    const { containerId, podUid = '' } = fact;
    if (fact.what === 'exited') {
      const ended = instances.get(containerId);
      if (ended) Object.assign(ended, { exitedAt: at, exitCode: fact.exitCode ?? null });
      const sandbox = sandboxById.get(containerId);
      if (sandbox) sandbox.exitedAt = at;
    } else if (fact.kind === 'sandbox') {
      if (fact.what === 'created' || sandboxById.has(containerId)) continue;
      const sandbox = { startedAt: at, exitedAt: null };
      sandboxById.set(containerId, sandbox);
      sandboxes.set(podUid, [...(sandboxes.get(podUid) ?? []), sandbox]);
    } else {
      const known = instances.get(containerId);
      const { namespace = '', pod = '', container = '' } = fact;
      const createdAt = fact.what === 'created' ? at : (known?.createdAt ?? at - announcedLate);
      const ends = { exitedAt: known?.exitedAt ?? null, exitCode: known?.exitCode ?? null };
      const startedAt = fact.what === 'started' ? at : null;
      const sandbox = known?.sandbox ?? sandboxes.get(podUid)?.length ?? 0;
      instances.set(containerId, {
        containerId,
        namespace,
        pod,
        podUid,
        container,
        createdAt,
        startedAt,
        ...ends,
        sandbox,
      });
    }
  }
  return withUnnamed(instances, sandboxes);
}

function withUnnamed(instances: RuntimeTruth['instances'], sandboxes: RuntimeTruth['sandboxes']): RuntimeTruth {
  const unnamed = [...instances.values()].filter(({ podUid }) => podUid === '').map(({ createdAt }) => createdAt);
  return { instances, sandboxes, unnamed };
}
