/** Is an initialization stuck, since when, and when will it count as stuck? Pure: limits and baseline are arguments. */
import type { InitContainerAccount, PodAccount } from './account.js';
import { millis, rfc3339 } from './time.js';
import type { Category } from './taxonomy.js';

/** When an initialization counts as stuck. Seconds. */
export type StuckLimits = Readonly<{
  /** Where nothing better is known of a category. */
  defaultSeconds: number;
  /** Fixed defaults of single categories. */
  perCategory?: Partial<Readonly<Record<Category, number>>>;
  /** A threshold made of a baseline is never below this. */
  floorSeconds: number;
  /** Times the 99th percentile of good starts. */
  factor: number;
  /** Good starts that a baseline needs to count. */
  minSamples: number;
}>;

/** How long a container of this workload takes when all is well. */
export type Baseline = Readonly<{ samples: number; p99Seconds: number }>;

export type StuckDeadline = Readonly<{
  container: string | null;
  category: Category;
  reason: string | null;
  since: string;
  /** From then on it is stuck. */
  at: string;
  thresholdSeconds: number;
  /** `baseline`: floor and factor of this workload's own starts; `default`: too few of them, or none apply. */
  basis: 'baseline' | 'default';
}>;

/** A baseline says how long good starts take: it applies to what may yet go well, not to what has failed. */
const takesItsTime: ReadonlySet<Category> = new Set(['PENDING', 'DEPENDENCY_WAIT', 'SIDECAR_NOT_STARTED']);

/**
 * When the pod counts as stuck, or null where it cannot: initialized, failed, aborted or unknown.
 *
 * A plainly running container is a DEPENDENCY_WAIT from its threshold on (semantics 3.5: a guess by design); a sidecar
 * that runs and has not started, SIDECAR_NOT_STARTED. `PodInitializing` of an app container after the last init
 * container succeeded is the app's image being pulled: the account says `initialized`, and nothing is stuck.
 */
export function stuckDeadline(
  account: PodAccount,
  limits: StuckLimits,
  baseline: Baseline | null,
): StuckDeadline | null {
  const since = millis(account.stuckSince);
  if (since === null || account.stuckSince === null) return null;
  if (account.state !== 'pending' && account.state !== 'initializing') return null;
  const current = currentContainer(account);
  // A gate is held on purpose: it is stuck only where a limit says from when.
  if (account.category === 'GATED' && limits.perCategory?.GATED === undefined) return null;
  const category = account.category ?? (current?.kind === 'sidecar' ? 'SIDECAR_NOT_STARTED' : 'DEPENDENCY_WAIT');
  const byBaseline = baseline !== null && baseline.samples >= limits.minSamples && takesItsTime.has(category);
  const thresholdSeconds = byBaseline
    ? Math.max(limits.floorSeconds, limits.factor * baseline.p99Seconds)
    : (limits.perCategory?.[category] ?? limits.defaultSeconds);
  return {
    container: current?.name ?? null,
    category,
    reason: current?.waitingReason ?? null,
    since: account.stuckSince,
    at: rfc3339(since + thresholdSeconds * 1000),
    thresholdSeconds,
    basis: byBaseline ? 'baseline' : 'default',
  };
}

/** The init container that has not been passed yet in the newest cycle: the first that is not done. */
export function currentContainer({ cycles }: Pick<PodAccount, 'cycles'>): InitContainerAccount | null {
  const containers = cycles.at(-1)?.initContainers ?? [];
  return containers.find((container) => !container.done) ?? null;
}
