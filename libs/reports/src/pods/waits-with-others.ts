import { waitClusters, type Finding, type PodAccount } from '#libs/init-history';
import { waitsOf, type NamedWait } from '../dependencies/waits.js';
import { presentOf } from '../reading/present.js';
import type { Reading } from '../reading/report-reader.js';
import type { ToldPod } from './to-pod.js';

/** Shorter waits are those of every good start. */
const minSeconds = 10;
const joinSeconds = 60;

/** What an hour before and after the pod's own attempts says of others is enough to tell whether they waited with it. */
const marginMs = 3_600_000;

function around({ cycles }: PodAccount, now: number): Readonly<{ from: number | null; to: number | null }> {
  const attempts = cycles.flatMap(({ initContainers }) => initContainers.flatMap((one) => one.attempts));
  const starts = attempts.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  const ends = attempts.map(({ finishedAt }) => (finishedAt === null ? now : Date.parse(finishedAt)));
  if (starts.length === 0) return { from: now, to: now };
  return { from: Math.min(...starts) - marginMs, to: Math.max(...ends) + marginMs };
}

/**
 * Findings that other pods waited for the same in the same span. Made when asked: they rest on what is told of others, and of those on
 * what this viewer may see.
 */
export async function waitsWithOthers(reading: Reading, { shardId, account }: ToldPod): Promise<Finding[]> {
  const told = account.cycles.flatMap(({ initContainers }) => initContainers);
  const endpoints = [...new Set(told.flatMap((one) => one.dependencies.flatMap(({ endpoint }) => endpoint ?? [])))];
  if (endpoints.length === 0) return [];
  const now = presentOf(reading, shardId);
  const all = await waitsOf(reading, { ...around(account, now), minSeconds, shardId, endpoints });
  return waitClusters(all, now, joinSeconds).flatMap((cluster) => {
    const own = cluster.waits.filter(({ podUid }) => podUid === account.uid);
    const [first] = own;
    return first && cluster.pods > 1 ? [finding(first, cluster.pods - 1)] : [];
  });

  function finding({ container, dependency, from }: NamedWait, others: number): Finding {
    const attempts = told.find(({ name }) => name === container)?.attempts ?? [];
    const pods = others === 1 ? 'another pod' : `${others} other pods`;
    return {
      kind: 'waitsWithOthers',
      summary: `While ${container} waited for ${dependency.target}, ${pods} waited for the same`,
      container,
      confidence: dependency.confidence,
      evidence: attempts.map(({ position }) => position),
      at: new Date(from).toISOString(),
    };
  }
}
