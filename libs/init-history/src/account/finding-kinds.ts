/** What findings there are. */
import type { Confidence } from '../dependency/dependency.js';

type Described = Readonly<{ meaning: string; confidence: Confidence }>;

/** Each kind of finding of one pod: what it means, and how sure it is. */
export const findingKinds = {
  initContainerSkipped: {
    meaning:
      'A regular init container did not run again in a new sandbox, and the app began all the same: a known bug of kubelets (kubernetes/kubernetes#124002, #137710, #138706, #140309)',
    confidence: 'strong',
  },
  reinitializationSuspected: {
    meaning:
      'A sandbox of the pod went, and no container shows yet that its init containers run again; strong where its IP moved or an Event says so, too',
    confidence: 'weak',
  },
  oomKilledWithExitZero: {
    meaning: 'An init container was OOMKilled with exit code 0: it is retried, while its status says that it is done',
    confidence: 'certain',
  },
  sidecarEndedBeforeStart: {
    meaning: 'A sidecar exited with 0 before it had started: STATUS counts it as done, and nothing goes on',
    confidence: 'certain',
  },
  outcomeUnknown: { meaning: 'How an instance ended was never told, and never will be', confidence: 'certain' },
  attemptsMissed: {
    meaning: 'Instances ran that no frame showed: restartCount counted them',
    confidence: 'certain',
  },
  mirrorRecreated: {
    meaning: 'The mirror of a static pod is younger than its containers: they were not started for it',
    confidence: 'certain',
  },
  mirrorSucceeded: {
    meaning:
      'Another mirror stood for the same static pod before: where this one is younger than its containers too, their initialization counts there',
    confidence: 'certain',
  },
  seenOnlyInEvents: {
    meaning: 'No frame showed the pod: it came and went unseen, and its Events prove that it was there',
    confidence: 'strong',
  },
  dependencyUnreachable: {
    meaning: 'An init container failed because it could not reach what its last words name',
    confidence: 'strong',
  },
  dependencyRetried: {
    meaning:
      'An init container that waits for a dependency fails soon, again and again: the kubelet’s back-off, up to five minutes, decides when it looks again',
    confidence: 'strong',
  },
  waitsWithOthers: {
    meaning:
      'Other pods waited for the same target in the same span. Told with a pod alone, not in lists: it rests on what the asker may see of other pods',
    confidence: 'strong',
  },
} as const satisfies Readonly<Record<string, Described>>;

export type FindingKind = keyof typeof findingKinds;
