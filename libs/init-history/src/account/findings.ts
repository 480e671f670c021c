/** What should be looked at: facts of a pod's history that its state alone does not tell. */
import type { Finding } from '../account.js';
import { type PodHistory } from '../history.js';
import { isSidecar, staticPodUid, viewOf } from '../snapshot.js';
import { before } from '../time.js';

type Worded = Omit<Finding, 'container' | 'evidence' | 'at'> & Partial<Finding>;

const finding = (words: Worded): Finding => ({ container: null, evidence: [], at: null, ...words });

function ofContainers(history: PodHistory): readonly Finding[] {
  const view = viewOf(history.parts);
  return Object.values(history.containers).flatMap((known): Finding[] => {
    const sidecar = isSidecar(view.initContainers.find((spec) => spec.name === known.name));
    const oom = known.attempts.find((one) => one.end?.reason === 'OOMKilled' && one.end.exitCode === 0);
    const early = known.attempts.find((one) => sidecar && one.end?.exitCode === 0 && one.sidecarStartedAt === null);
    const lost = known.attempts.filter((one) => one.end?.outcome === 'unknown');
    const missed = Object.values(known.missed).reduce((sum, count) => sum + count, 0);
    const of = { container: known.name };
    return [
      ...known.skippedIn.map((cycle) =>
        finding({
          ...of,
          kind: 'initContainerSkipped',
          summary: `The app container began in cycle ${cycle} without a new run of ${known.name}`,
          confidence: 'strong',
        }),
      ),
      ...(oom
        ? [
            finding({
              ...of,
              kind: 'oomKilledWithExitZero',
              summary: `${known.name} was OOMKilled with exit code 0: it is retried, while its status says ready`,
              confidence: 'certain',
              evidence: [oom.end?.position ?? oom.position],
              at: oom.end?.finishedAt ?? null,
            }),
          ]
        : []),
      ...(early
        ? [
            finding({
              ...of,
              kind: 'sidecarEndedBeforeStart',
              summary: `Sidecar ${known.name} exited with 0 before it had started: STATUS counts it as done, and nothing goes on`,
              confidence: 'certain',
              evidence: [early.end?.position ?? early.position],
              at: early.end?.finishedAt ?? null,
            }),
          ]
        : []),
      ...(lost.length > 0
        ? [
            finding({
              ...of,
              kind: 'outcomeUnknown',
              summary: `How ${lost.length} instance(s) of ${known.name} ended was never told`,
              confidence: 'certain',
              evidence: lost.map((one) => one.end?.position ?? one.position),
            }),
          ]
        : []),
      ...(missed > 0
        ? [
            finding({
              ...of,
              kind: 'attemptsMissed',
              summary: `${missed} instance(s) of ${known.name} ran unseen: restartCount counted them`,
              confidence: 'certain',
            }),
          ]
        : []),
    ];
  });
}

/** A mirror that was made again: its containers are older than itself, and nothing was initialized (semantics 2.8). */
function mirror(history: PodHistory): readonly Finding[] {
  const view = viewOf(history.parts);
  if (staticPodUid(view) === null) return [];
  const created = view.metadata.creationTimestamp ?? null;
  const older = Object.values(history.containers)
    .flatMap((known) => known.attempts)
    .find((attempt) => before(attempt.startedAt, created));
  if (!older) return [];
  return [
    finding({
      kind: 'mirrorRecreated',
      summary: 'This mirror of a static pod is younger than its containers: they were not started for it',
      confidence: 'certain',
      evidence: [older.position],
      at: created,
    }),
  ];
}

export const findingsOf = (history: PodHistory): readonly Finding[] => [...ofContainers(history), ...mirror(history)];
