/** Holds what the API tells in the end against what the container runtimes know. */
import type { Instance } from '#libs/cluster-simulator';
import { compareWithTruth, miscounted, unknown } from '../e2e/truth.js';
import type { Json } from '../e2e/service.js';
import type { Account } from './account.js';
import type { Gap } from './log.js';
import type { Judgement } from './verdict.js';

export type ToldCase = Readonly<{
  /** Every pod with its cycles. */
  pods: readonly Json[];
  truth: readonly Instance[];
  account: Account;
  gaps: readonly Gap[];
  /** A moment before the API was asked: what had ended long before that is known to it. */
  at: number;
  /** A resourceVersion: what was written before was recorded and read when the API was asked. */
  until: number;
}>;

/** Of pods that changed in a gap, only what is told must be true; of all others, all must be told. */
export function judgeTold({ pods, truth, account, gaps, at, until }: ToldCase): Judgement {
  const ofPods = gaps.filter(({ resource }) => resource === 'pods');
  const inGap = new Set(
    account
      .livesOf('pods')
      .filter(({ writes }) =>
        writes.some(({ revision }) => ofPods.some(({ from, to }) => from < revision && revision <= to)),
      )
      .map(({ stream }) => stream),
  );
  const containers = counted(truth.filter(({ kind }) => kind === 'container'));
  const whole = pods.filter(({ uid }) => !inGap.has(uid));
  const isSeen = (uid: string): boolean => (account.life('pods', uid)?.writes[0]?.revision ?? Infinity) < until;
  const seen = containers.filter(({ podUid }) => !inGap.has(podUid) && isSeen(podUid));
  const { wrong, compared } = compareWithTruth(whole, containers, at);
  const partial = compareWithTruth(
    pods.filter(({ uid }) => inGap.has(uid)),
    containers.map(({ cycle: _cycle, ...instance }) => instance),
    at,
  );
  const untruths = [
    ...wrong,
    ...partial.wrong,
    ...miscounted(whole, containers, at).map((what) => `attempts of ${what}`),
    ...unknown(pods, seen).map((uid) => `pod ${uid} ran and is not told`),
  ];
  return {
    untruths,
    compared: { pods: pods.length, podsInGaps: pods.length - whole.length, attempts: compared + partial.compared },
  };
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
