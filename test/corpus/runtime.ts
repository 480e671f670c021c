import {
  advance,
  noContext,
  nothingKnown,
  podAccount,
  type Context,
  type Duration,
  type Input,
  type PodAccount,
} from '#libs/init-history';
import { frames, truth, type Recording } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';

/** Epoch milliseconds between which an instance began, and at which it ended. */
export type Ran = {
  createdAt: number;
  startedAt: number | null;
  exitedAt: number | null;
  container: string;
  podUid: string;
};

/** Milliseconds by which a start was announced late, at most, on the busy machine of the recordings. */
export const announcedLate = 1500;

const time = (at: string): number => Date.parse(at.replace(/(\.\d{3})\d*Z$/, '$1Z'));

/** What the runtime knows of each container. Its start is announced late, and runs without `created` lines have only that. */
export function ranOf(recording: Recording): ReadonlyMap<string, Ran> {
  const ran = new Map<string, Ran>();
  for (const { at, containerId, what, kind, podUid = '', container = '' } of truth(recording)) {
    const known = ran.get(containerId);
    if (what === 'exited' && known) known.exitedAt = time(at);
    if (what === 'exited' || kind === 'sandbox') continue;
    if (what === 'started' && known) known.startedAt = time(at);
    if (known) continue;
    const announced = what === 'started';
    const begun = {
      createdAt: announced ? time(at) - announcedLate : time(at),
      startedAt: announced ? time(at) : null,
    };
    ran.set(containerId, { ...begun, exitedAt: null, container, podUid });
  }
  return ran;
}

/** When each pod's sandboxes were announced to have started, in order, in epoch milliseconds. */
export const sandboxesOf = (recording: Recording): ReadonlyMap<string, readonly number[]> => {
  const started = truth(recording).filter(({ kind, what }) => kind === 'sandbox' && what === 'started');
  const byPod = Map.groupBy(started, ({ podUid }) => podUid ?? '');
  return new Map([...byPod].map(([uid, all]) => [uid, all.map(({ at }) => time(at))]));
};

/** What is known of a node beside its pods: the version of its kubelet. */
export const withKubelet = (recording: Recording): Context => ({
  ...noContext,
  node: {
    name: 'node-a',
    uid: 'node-a',
    bootId: null,
    kubeletVersion: `v${recording.kubelet}.0`,
    zone: null,
    ready: null,
  },
});

/** What the store would hold of each pod of a recording, and of the Events about it. */
const streamsOf = (recording: Recording): readonly (readonly Input[])[] => {
  const { drafts } = new CorpusRecorder(true).record(frames(recording));
  const streams = Map.groupBy(drafts, ({ streamId }) => streamId);
  return [...streams.values()].map((stream) => stream.map(({ body }) => JSON.parse(body) as Input));
};

/** The accounts of a recording's pods, folded from what the store would hold. */
export function accountsOf(recording: Recording, context: Context = noContext): readonly PodAccount[] {
  const at = Date.parse(frames(recording).at(-1)?.receivedAt ?? '');
  return streamsOf(recording).flatMap((stream) => {
    const history = stream.reduce((known, observation, position) => {
      const one = { position, recordedAt: observation.receivedAt, observation };
      return advance(known, one, context).history;
    }, nothingKnown);
    return history.first === null ? [] : [podAccount(history, at, context)];
  });
}

/** Whether a duration holds what lies between two bounds of the truth, in milliseconds. */
export const holds = ({ lo, hi }: Duration, least: number, most: number): boolean =>
  lo === null || hi === null || (lo <= most / 1000 && hi >= least / 1000);

export const bare = (containerId: string): string => containerId.replace('containerd://', '');
