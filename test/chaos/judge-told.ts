/** Holds what the API tells in the end against what the container runtimes know. */
import type { Instance } from '#libs/cluster-simulator';
import { compareWithTruth, miscounted, unknown } from '../e2e/truth.js';
import type { Json } from '../e2e/service.js';
import type { Account } from './account.js';
import type { Gap } from './log.js';
import { Mirrors } from './mirrors.js';
import { developed, type Pictures } from './pictures.js';
import type { Judgement } from './verdict.js';

export type ToldCase = Readonly<{
  /** Every pod with its cycles. */
  pods: readonly Json[];
  truth: readonly Instance[];
  account: Account;
  gaps: readonly Gap[];
  /** The resourceVersion of the first list of pods that was complete: what was before it went unseen but for what it showed. */
  opened: number;
  /** A moment before the API was asked: what had ended long before that is known to it. */
  at: number;
  /** A resourceVersion: what was written before was recorded and read when the API was asked. */
  until: number;
}>;

/** Of pods that changed in a gap, or before the first list, only what is told must be true; of all others, all must be told. */
export function judgeTold({ pods, truth, account, gaps, opened, at, until }: ToldCase): Judgement {
  const inGap = podsIn(gaps, account, opened);
  const mirrors = new Mirrors(account.pictures);
  const isShownToRun = runningIn(account.pictures, until);
  const containers = counted(truth.filter(({ kind }) => kind === 'container')).map((one) => ({
    ...one,
    endShown: !isShownToRun(one.containerId),
  }));
  // Of those who come later, passes are counted anew.
  const unplaced = containers.map(({ cycle: _cycle, ...instance }) => instance);
  const comparisons = [...mirrors.apart(pods)].flatMap(([before, beside]) => {
    const [whole, partial] = [false, true].map((is) => beside.filter(({ uid }) => inGap.has(uid) === is));
    return [
      compareWithTruth(whole!, before === 0 ? containers : unplaced, at),
      compareWithTruth(partial!, unplaced, at),
    ];
  });
  const whole = pods.filter(({ uid }) => !inGap.has(uid));
  const isSeen = (uid: string): boolean => (account.life('pods', uid)?.writes[0]?.revision ?? Infinity) < until;
  const seen = containers
    .map((one) => ({ ...one, podUid: mirrors.of(one.podUid)[0]! }))
    .filter(({ podUid }) => !inGap.has(podUid) && isSeen(podUid));
  const untruths = [
    ...comparisons.flatMap(({ wrong }) => wrong),
    ...miscounted(
      whole.filter(({ uid }) => !mirrors.has(uid)),
      containers,
      at,
    ).map((what) => `attempts of ${what}`),
    ...pods.filter(({ uid }) => mirrors.has(uid)).flatMap((pod) => tooMany(pod, mirrors, containers)),
    ...unknown(pods, seen).map((uid) => `pod ${uid} ran and is not told`),
  ];
  const attempts = comparisons.reduce((sum, { compared }) => sum + compared, 0);
  return { untruths, compared: { pods: pods.length, podsInGaps: pods.length - whole.length, attempts } };
}

/** The pods that changed in a gap, or before the first list. */
function podsIn(gaps: readonly Gap[], account: Account, opened: number): ReadonlySet<string> {
  const ofPods = gaps.filter(({ resource }) => resource === 'pods');
  const isMissed = (revision: number) =>
    revision <= opened || ofPods.some(({ from, to }) => from < revision && revision <= to);
  const changed = account.livesOf('pods').filter(({ writes }) => writes.some(({ revision }) => isMissed(revision)));
  return new Set(changed.map(({ stream }) => stream));
}

/** What the API server showed as running at a resourceVersion, by its container id: no kubelet may have told of its end yet. */
function runningIn(pictures: Pictures, until: number): (containerId: string) => boolean {
  const ids = pictures.of('pods').flatMap((shots) => {
    const last = shots.findLast(({ revision }) => revision <= until);
    const shown: Json[] = last ? Object.values(developed(last)) : [];
    return shown.filter((one) => one?.state?.running).map(({ id }) => id as string);
  });
  const running = new Set(ids);
  return (containerId) => running.has(`containerd://${containerId}`);
}

/** Of a mirror no more attempts may be told than ran; what ran while there was none is not told. */
function tooMany(pod: Json, mirrors: Mirrors, containers: readonly Instance[]): string[] {
  const its = containers
    .filter(({ podUid }) => podUid === mirrors.runtimeUidOf(pod.uid))
    .map((one) => ({ ...one, podUid: pod.uid as string, finishedAt: null }));
  return miscounted([pod], its).map((what) => `attempts of the mirror ${what}`);
}

/** Passes are counted in which something ran: of a sandbox that went before that, nothing is told as one. */
function counted(instances: readonly Instance[]): readonly Instance[] {
  const passes = new Map(
    [...Map.groupBy(instances, ({ podUid }) => podUid)].map(([uid, its]) => [
      uid,
      [...new Set(its.map(({ cycle }) => cycle))].toSorted((a, b) => a - b),
    ]),
  );
  return instances.map((one) => ({ ...one, cycle: passes.get(one.podUid)!.indexOf(one.cycle) + 1 }));
}
