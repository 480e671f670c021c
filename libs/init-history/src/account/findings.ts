/** What should be looked at: facts of a pod's history that its state alone does not tell. */
import type { Finding } from '../account.js';
import { suspectedLoss } from '../derive/3-suspicion.js';
import { missedIn, type AttemptHistory, type InitContainerHistory, type PodHistory } from '../history.js';
import { isSidecar, staticPodUid, viewOf } from '../snapshot.js';
import { before, millis } from '../time.js';
import { dependenciesOf, unreached } from './dependencies.js';
import { findingKinds, type FindingKind } from './finding-kinds.js';

type Worded = Readonly<{ kind: FindingKind; summary: string }> & Partial<Finding>;

const finding = (words: Worded): Finding => ({
  container: null,
  evidence: [],
  at: null,
  confidence: findingKinds[words.kind].confidence,
  ...words,
});

/** The kubelet takes the old sandbox's app container for a sign that init was done; fixed by PR #138514 (semantics 2.4). */
const skipBugs = 'kubernetes/kubernetes#124002, #137710, #138706, #140309; fixed by kubernetes/kubernetes#138514';

/** The app began in a new sandbox, and a regular init container had not run in it (semantics 2.4). */
const skipped = (known: InitContainerHistory): readonly Worded[] =>
  known.skips.map(({ cycle, kubeletVersion, position }) => {
    const kubelet = kubeletVersion === null ? 'a kubelet of unknown version' : `kubelet ${kubeletVersion}`;
    const summary = `The app container began in cycle ${cycle} without a new run of ${known.name}, by ${kubelet}: ${skipBugs}`;
    return { kind: 'initContainerSkipped', summary, evidence: [position] };
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
  return [{ kind: 'oomKilledWithExitZero', summary, evidence: evidenceOf(oom), at: oom.end?.finishedAt ?? null }];
}

/** STATUS counts it as done, and nothing goes on (recorded, 1.36.3: sidecar-startup-never). */
function endedBeforeStart({ name, attempts }: InitContainerHistory): readonly Worded[] {
  const early = attempts.find((one) => one.end?.exitCode === 0 && one.sidecarStartedAt === null);
  if (!early) return [];
  const summary = `Sidecar ${name} exited with 0 before it had started: STATUS counts it as done, and nothing goes on`;
  return [{ kind: 'sidecarEndedBeforeStart', summary, evidence: evidenceOf(early), at: early.end?.finishedAt ?? null }];
}

const evidenceOf = (attempt: AttemptHistory): readonly number[] => [attempt.end?.position ?? attempt.position];

function untold(known: InitContainerHistory): readonly Worded[] {
  const lost = known.attempts.filter((one) => one.end?.outcome === 'unknown');
  const missed = missedIn(known);
  const told: Worded[] = [];
  if (lost.length > 0) {
    const summary = `How ${lost.length} of the instances of ${known.name} ended was never told`;
    told.push({ kind: 'outcomeUnknown', summary, evidence: lost.flatMap(evidenceOf) });
  }
  if (missed > 0) {
    const summary = `${missed} of the instances of ${known.name} ran unseen: restartCount counted them`;
    told.push({ kind: 'attemptsMissed', summary });
  }
  return told;
}

/** What a wait that fails at once is told from one that gives up after a while. Seconds. */
const soon = 30;

/** A wait that does not wait itself, but is run again and again: it looks only as often as the kubelet's back-off lets it. */
function dependency(history: PodHistory, known: InitContainerHistory): readonly Worded[] {
  const view = viewOf(history.parts);
  const spec = view.initContainers.find((one) => one.name === known.name);
  if (!spec) return [];
  const { name, attempts } = known;
  const failures = attempts.filter(({ end }) => end?.outcome === 'failed');
  const told: Worded[] = [];
  const said = unreached({ view, attempts });
  const [newest] = said;
  if (newest) {
    const times = said.length === 1 ? 'once' : `${said.length} times`;
    const summary = `${name} failed ${times} because it could not reach ${newest.target}: ${newest.evidence.text}`;
    const evidence = said.flatMap(({ evidence: { position } }) => position ?? []).toReversed();
    told.push({ kind: 'dependencyUnreachable', summary, evidence, at: failures.at(-1)?.end?.finishedAt ?? null });
  }
  const { purpose, dependencies } = dependenciesOf({ history, view, spec, attempts });
  const quick = failures.filter(isQuick);
  if (purpose === 'dependencyWait' && quick.length >= 2) {
    const target = dependencies[0]?.target ?? 'what it waits for';
    const summary = `${name} looked for ${target} and failed within ${soon} s ${quick.length} times: the kubelet’s back-off decides when it looks again`;
    told.push({
      kind: 'dependencyRetried',
      summary,
      evidence: quick.flatMap(evidenceOf),
      at: quick.at(-1)?.end?.finishedAt ?? null,
    });
  }
  return told;
}

function isQuick({ startedAt, end }: AttemptHistory): boolean {
  const [from, to] = [millis(startedAt), millis(end?.finishedAt)];
  return end?.category === 'CRASH' && from !== null && to !== null && to - from <= soon * 1000;
}

function ofContainer(history: PodHistory, known: InitContainerHistory): readonly Finding[] {
  const spec = viewOf(history.parts).initContainers.find((one) => one.name === known.name);
  const own = isSidecar(spec) ? endedBeforeStart(known) : [...oomWithExitZero(known), ...dependency(history, known)];
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
  return [finding({ kind: 'mirrorRecreated', summary, evidence, at: created })];
}

/** The mirror that stood for the same static pod before this one. */
function predecessor({ first }: PodHistory): readonly Finding[] {
  const earlier = first?.mirrorBefore;
  if (!first || !earlier) return [];
  const summary = `Before this mirror of its static pod there was another: pod ${earlier.podUid}`;
  return [finding({ kind: 'mirrorSucceeded', summary, evidence: [earlier.position, first.position] })];
}

export const findingsOf = (history: PodHistory): readonly Finding[] => [
  ...Object.values(history.containers).flatMap((known) => ofContainer(history, known)),
  ...mirror(history),
  ...predecessor(history),
  ...suspected(history),
];
