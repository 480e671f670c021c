/** What should be looked at: facts of a pod's history that its state alone does not tell. */
import type { Finding } from '../account.js';
import { suspectedLoss } from '../derive/3-suspicion.js';
import { missedIn, type InitContainerHistory, type PodHistory } from '../history.js';
import { isSidecar, staticPodUid, viewOf } from '../snapshot.js';
import { before } from '../time.js';

type Worded = Pick<Finding, 'kind' | 'summary' | 'confidence'> & Partial<Finding>;

const finding = (words: Worded): Finding => ({ container: null, evidence: [], at: null, ...words });

/** The kubelet takes the old sandbox's app container for a sign that init was done; fixed by PR #138514 (semantics 2.4). */
const skipBugs = 'kubernetes/kubernetes#124002, #137710, #138706, #140309; fixed by kubernetes/kubernetes#138514';

/** The app began in a new sandbox, and a regular init container had not run in it (semantics 2.4). */
const skipped = (known: InitContainerHistory): readonly Worded[] =>
  known.skips.map(({ cycle, kubeletVersion, position }) => {
    const kubelet = kubeletVersion === null ? 'a kubelet of unknown version' : `kubelet ${kubeletVersion}`;
    const summary = `The app container began in cycle ${cycle} without a new run of ${known.name}, by ${kubelet}: ${skipBugs}`;
    return { kind: 'initContainerSkipped', summary, confidence: 'strong', evidence: [position] };
  });

/** Its sandbox went, and no container proves yet that its init containers run again (semantics 8.2 step 5d). */
function suspected(history: PodHistory): readonly Finding[] {
  const view = viewOf(history.parts);
  const loss = history.gone === null ? suspectedLoss(history, view) : null;
  if (loss === null) return [];
  const at = loss.lostAt ?? loss.readyAt;
  const summary = 'A sandbox of this pod went, and no container shows yet that its init containers run again';
  const moved = loss.readyAt !== null && loss.podIP !== null && view.status.podIP !== loss.podIP;
  const confidence = moved || sandboxChanged(history, at) ? 'strong' : 'weak';
  return [finding({ kind: 'reinitializationSuspected', summary, confidence, evidence: [loss.position], at })];
}

/** The Event SandboxChanged came, too; alone it proves nothing (semantics 4.2). */
const sandboxChanged = ({ troubles }: PodHistory, at: string | null): boolean =>
  Object.values(troubles).some((one) => one.reason === 'SandboxChanged' && !before(one.at, at));

/** Retried for ever, while `ready` and `Initialized` say otherwise (recorded, 1.36.3: oom/hungry-child). */
function oomWithExitZero({ name, attempts }: InitContainerHistory): readonly Worded[] {
  const oom = attempts.find((one) => one.end?.reason === 'OOMKilled' && one.end.exitCode === 0);
  if (!oom) return [];
  const summary = `${name} was OOMKilled with exit code 0: it is retried, while its status says that it is done`;
  const kind = 'oomKilledWithExitZero';
  return [{ kind, summary, confidence: 'certain', evidence: evidenceOf(oom), at: oom.end?.finishedAt ?? null }];
}

/** STATUS counts it as done, and nothing goes on (recorded, 1.36.3: sidecar-startup-never). */
function endedBeforeStart({ name, attempts }: InitContainerHistory): readonly Worded[] {
  const early = attempts.find((one) => one.end?.exitCode === 0 && one.sidecarStartedAt === null);
  if (!early) return [];
  const summary = `Sidecar ${name} exited with 0 before it had started: STATUS counts it as done, and nothing goes on`;
  const kind = 'sidecarEndedBeforeStart';
  return [{ kind, summary, confidence: 'certain', evidence: evidenceOf(early), at: early.end?.finishedAt ?? null }];
}

const evidenceOf = (attempt: InitContainerHistory['attempts'][number]): readonly number[] => [
  attempt.end?.position ?? attempt.position,
];

function untold(known: InitContainerHistory): readonly Worded[] {
  const lost = known.attempts.filter((one) => one.end?.outcome === 'unknown');
  const missed = missedIn(known);
  const told: Worded[] = [];
  if (lost.length > 0) {
    const summary = `How ${lost.length} of the instances of ${known.name} ended was never told`;
    told.push({ kind: 'outcomeUnknown', summary, confidence: 'certain', evidence: lost.flatMap(evidenceOf) });
  }
  if (missed > 0) {
    const summary = `${missed} of the instances of ${known.name} ran unseen: restartCount counted them`;
    told.push({ kind: 'attemptsMissed', summary, confidence: 'certain' });
  }
  return told;
}

function ofContainer(history: PodHistory, known: InitContainerHistory): readonly Finding[] {
  const spec = viewOf(history.parts).initContainers.find((one) => one.name === known.name);
  const own = isSidecar(spec) ? endedBeforeStart(known) : oomWithExitZero(known);
  return [...skipped(known), ...own, ...untold(known)].map((words) => finding({ ...words, container: known.name }));
}

/** A mirror that was made again: its containers are older than itself, and nothing was initialized (semantics 2.8). */
function mirror(history: PodHistory): readonly Finding[] {
  const view = viewOf(history.parts);
  if (staticPodUid(view) === null) return [];
  const created = view.metadata.creationTimestamp ?? null;
  const attempts = Object.values(history.containers).flatMap((known) => known.attempts);
  const older = attempts.find((attempt) => before(attempt.startedAt, created));
  if (!older) return [];
  const summary = 'This mirror of a static pod is younger than its containers: they were not started for it';
  const evidence = [older.position];
  return [finding({ kind: 'mirrorRecreated', summary, confidence: 'certain', evidence, at: created })];
}

export const findingsOf = (history: PodHistory): readonly Finding[] => [
  ...Object.values(history.containers).flatMap((known) => ofContainer(history, known)),
  ...mirror(history),
  ...suspected(history),
];
