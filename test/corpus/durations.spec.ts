import { describe, expect, it } from 'vitest';
import {
  advance,
  noContext,
  nothingKnown,
  podAccount,
  type Attempt,
  type Cycle,
  type Duration,
  type PodObserved,
  type PodAccount,
} from '#libs/init-history';
import { frames, recordings, truth, type Recording } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';

/** Epoch milliseconds between which an instance began, and at which it ended. */
type Ran = {
  createdAt: number;
  startedAt: number | null;
  exitedAt: number | null;
  container: string;
  podUid: string;
};

/** What the runtime knows of each container. Its start is announced late, and runs without `created` lines have only that. */
function ranOf(recording: Recording): ReadonlyMap<string, Ran> {
  const ran = new Map<string, Ran>();
  for (const { at, containerId, what, kind, podUid = '', container = '' } of truth(recording)) {
    const time = Date.parse(at.replace(/(\.\d{3})\d*Z$/, '$1Z'));
    const known = ran.get(containerId);
    if (what === 'exited' && known) known.exitedAt = time;
    if (what === 'exited' || kind === 'sandbox') continue;
    if (what === 'started' && known) known.startedAt = time;
    if (known) continue;
    const announced = what === 'started';
    const begun = { createdAt: announced ? time - announcedLate : time, startedAt: announced ? time : null };
    ran.set(containerId, { ...begun, exitedAt: null, container, podUid });
  }
  return ran;
}

/** Milliseconds by which a start was announced late, at most, on the busy machine of the recordings. */
const announcedLate = 1500;

/** The accounts of a recording's pods, folded from what the store would hold. */
function accountsOf(recording: Recording): readonly PodAccount[] {
  const lines = frames(recording);
  const { drafts } = new CorpusRecorder(true).record(lines);
  const at = Date.parse(lines.at(-1)?.receivedAt ?? '');
  const pods = Map.groupBy(drafts, ({ streamId }) => streamId);
  return [...pods.values()].flatMap((stream) => {
    const recorded = stream.map(({ body }, position) => {
      const observation = JSON.parse(body) as PodObserved;
      return { position, recordedAt: observation.receivedAt, observation };
    });
    const history = recorded.reduce((known, one) => advance(known, one, noContext).history, nothingKnown);
    return history.first === null ? [] : [podAccount(history, at, noContext)];
  });
}

/** Whether a duration holds what lies between two bounds of the truth. */
const holds = ({ lo, hi }: Duration, least: number, most: number): boolean =>
  lo === null || hi === null || (lo <= most / 1000 && hi >= least / 1000);

function wrongAttempt(attempt: Attempt, one: Ran | undefined): string | null {
  if (!one?.exitedAt || one.startedAt === null || attempt.finishedAt === null) return null;
  const [least, most] = [one.exitedAt - one.startedAt, one.exitedAt - one.createdAt];
  if (holds(attempt.duration, least, most)) return null;
  return `${attempt.containerId}: ${JSON.stringify(attempt.duration)}, in truth ${least} to ${most} ms`;
}

/** From the node's acceptance, which is stamped, to the last exit of its regular init containers, which the runtime knows. */
function wrongCycle(pod: PodAccount, cycle: Cycle, ran: ReadonlyMap<string, Ran>): string | null {
  const regular = cycle.initContainers.filter(({ kind }) => kind === 'regular');
  const exits = regular.map(({ attempts }) => ran.get(bare(attempts.at(-1)?.containerId ?? ''))?.exitedAt ?? null);
  const known = exits.filter((exit) => exit !== null);
  if (cycle.outcome !== 'completed' || cycle.startedAt === null || known.length === 0 || known.length < exits.length)
    return null;
  const most = Math.max(...known) - Date.parse(cycle.startedAt);
  const sidecarLast = cycle.initContainers.at(-1)?.kind === 'sidecar';
  if (sidecarLast || holds(cycle.duration, most - 1000, most)) return null;
  return `${pod.name} cycle ${cycle.number}: ${JSON.stringify(cycle.duration)}, in truth ${most - 1000} to ${most} ms`;
}

const bare = (containerId: string): string => containerId.replace('containerd://', '');

describe.each(recordings())('the durations of $scenario on kubelet $kubelet', (recording) => {
  const ran = ranOf(recording);
  const pods = accountsOf(recording);

  it('hold what the container runtime measured of each attempt', () => {
    const attempts = pods.flatMap(({ cycles }) =>
      cycles.flatMap(({ initContainers }) => initContainers.flatMap((one) => one.attempts)),
    );
    expect(
      attempts.map((attempt) => wrongAttempt(attempt, ran.get(bare(attempt.containerId)))).filter(Boolean),
    ).toEqual([]);
  });

  it('hold what passed until the last init container had ended', () => {
    expect(pods.flatMap((pod) => pod.cycles.map((cycle) => wrongCycle(pod, cycle, ran))).filter(Boolean)).toEqual([]);
  });
});
