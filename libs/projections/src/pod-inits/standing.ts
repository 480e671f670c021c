/** When a pod that stands still counts as stuck, and by which rule. */
import { stuckDeadline } from '#libs/init-history';
import type { Baseline, PodAccount, StuckLimits } from '#libs/init-history';
import { isUnfinished } from '../answering/carry-forward.js';
import type { Standing } from './pod-cache.js';
import { standingContainer } from './pod-init-rows.js';
import type { Deadline } from './pod-init-rows.js';

/** Asks for the baseline of a container; '' is the initialization as a whole. */
export type AskBaseline = (container: string) => Promise<Baseline | null>;

/**
 * Where the pod stands and from when on that is being stuck; null where it does not stand. While it stands in the same place the threshold
 * stays what it was: an incident does not teach its own limit.
 *
 * @param before where it stood, by place: what is known of a place is not asked for
 */
export async function standingOf(
  account: PodAccount,
  before: ReadonlyMap<string, Standing>,
  limits: StuckLimits,
  ask: AskBaseline,
): Promise<Standing | null> {
  if (!isUnfinished(account) || account.stuckSince === null) return null;
  const cycle = account.cycles.at(-1);
  const container = standingContainer(cycle)?.name ?? null;
  const place = placeOf({
    cycle: cycle?.number ?? 0,
    container,
    category: account.category,
    since: account.stuckSince,
  });
  const known = before.get(place);
  if (known) return known;

  const baseline = await ask(container ?? '');
  const deadline = stuckDeadline(account, limits, baseline);
  return { place, deadline: deadline && { ...deadline, basis: basisText(deadline, limits, baseline) } };
}

/** Where it stands now, as where it stood. */
export const standingBefore = (standing: Standing | null): ReadonlyMap<string, Standing> =>
  new Map(standing ? [[standing.place, standing]] : []);

type Place = Readonly<{ cycle: number; container: string | null; category: string | null; since: string }>;

/** A name for where a pod stands, equal for as long as it stands there. */
export const placeOf = ({ cycle, container, category, since }: Place): string =>
  [cycle, container ?? '', category ?? '', Date.parse(since)].join(' ');

function basisText(
  { basis, thresholdSeconds }: Readonly<{ basis: 'baseline' | 'default' }> & Pick<Deadline, 'thresholdSeconds'>,
  limits: StuckLimits,
  baseline: Baseline | null,
): string {
  if (basis === 'default' || baseline === null) return `default ${rounded(thresholdSeconds)} s`;
  const learnt = `p99 ${rounded(baseline.p99Seconds)} s x ${limits.factor} over ${baseline.samples} starts`;
  return thresholdSeconds > limits.factor * baseline.p99Seconds
    ? `floor ${rounded(limits.floorSeconds)} s, above ${learnt}`
    : learnt;
}

const rounded = (seconds: number): string => String(Math.round(seconds * 10) / 10);
