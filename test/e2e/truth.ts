import type { Json } from './service.js';

/** What the runtime knows of one instance of a container. */
export type TrueInstance = Readonly<{
  podUid: string;
  pod: string;
  container: string;
  containerId: string;
  startedAt: string | number | null;
  finishedAt: string | number | null;
  exitCode: number | null;
}>;

export type Comparison = Readonly<{ compared: number; wrong: readonly string[] }>;

/**
 * Holds what the service tells against what the runtime knows. Wrong is: an attempt that never was, an end or a time that is
 * not the runtime's (times are whole seconds, cut), a duration that does not hold the truth, an order that was another.
 * An instance that no frame showed is counted as missed by the service, which is checked against the number of instances.
 */
export function compareWithTruth(pods: readonly Json[], truth: readonly TrueInstance[]): Comparison {
  const byId = new Map(truth.map((instance) => [bare(instance.containerId), instance]));
  const wrong: string[] = [];
  let compared = 0;
  for (const pod of pods) {
    for (const container of pod.cycles.flatMap((cycle: Json) => cycle.initContainers)) {
      compared += container.attempts.length;
      const where = `${pod.namespace}/${pod.name} ${container.name}`;
      for (const attempt of container.attempts) {
        wrong.push(...differences(attempt, byId.get(bare(attempt.containerId))).map((what) => `${where}: ${what}`));
      }
      const begins = container.attempts
        .map(({ startedAt }: Json) => startedAt)
        .filter((at: string | null) => at !== null);
      if (begins.join() !== begins.toSorted().join()) wrong.push(`${where}: attempts out of order ${begins.join()}`);
    }
  }
  return { compared, wrong };
}

function differences(attempt: Json, instance: TrueInstance | undefined): string[] {
  const id = attempt.containerId;
  if (!instance) return [`attempt ${id} never was`];
  const wrong: string[] = [];
  if (attempt.startedAt !== null && second(attempt.startedAt) !== second(instance.startedAt)) {
    wrong.push(`attempt ${id} started ${attempt.startedAt}, in truth ${instance.startedAt}`);
  }
  if (attempt.outcome === 'succeeded' || attempt.outcome === 'failed') {
    if (second(attempt.finishedAt) !== second(instance.finishedAt)) {
      wrong.push(`attempt ${id} finished ${attempt.finishedAt}, in truth ${instance.finishedAt}`);
    }
    if (attempt.exitCode !== instance.exitCode)
      wrong.push(`attempt ${id} exit ${attempt.exitCode}, in truth ${instance.exitCode}`);
    const { lo, hi } = attempt.duration;
    const seconds =
      (Date.parse(String(time(instance.finishedAt))) - Date.parse(String(time(instance.startedAt)))) / 1000;
    if (attempt.startedAt !== null && !(lo <= seconds && seconds <= hi)) {
      wrong.push(`attempt ${id} took ${lo} to ${hi} s, in truth ${seconds}`);
    }
  }
  return wrong;
}

const bare = (containerId: string): string => containerId.replace('containerd://', '');
const time = (at: string | number | null): string | null => (at === null ? null : new Date(at).toISOString());
const second = (at: string | number | null): string | null => time(at)?.slice(0, 19) ?? null;

/**
 * Instances that ended some time ago and are told neither as an attempt nor within a container's count of missed ones, for every
 * container that the service tells of at all.
 */
export function untold(pods: readonly Json[], truth: readonly TrueInstance[]): string[] {
  const settled = Date.now() - 10_000;
  return pods.flatMap((pod) => {
    const told: Json[] = pod.cycles.flatMap((cycle: Json) => cycle.initContainers);
    return [...new Set(told.map(({ name }) => name as string))].flatMap((name) => {
      const ended = truth.filter(
        (one) =>
          one.podUid === pod.uid &&
          one.container === name &&
          one.finishedAt !== null &&
          new Date(one.finishedAt).getTime() < settled,
      );
      const count = told
        .filter((one) => one.name === name)
        .reduce((sum: number, one) => sum + one.attempts.length + one.missedAttempts, 0);
      return count < ended.length ? [`${pod.name}/${name}: ${count} told of ${ended.length}`] : [];
    });
  });
}
