import type { Category, Cycle, Finding, Gap, PodAccount } from '#libs/init-history';

/** A line of the story. `at` is what the cluster claims, `observedAt` when it was seen, `evidence` where it is in the log. */
export type Moment = Readonly<{
  at: string | null;
  observedAt: string;
  what: string;
  container: string | null;
  detail: string | null;
  basis: string;
  evidence: readonly string[];
}>;

/** What a Kubernetes Event said of the pod. */
export type EventNote = Readonly<{
  at: string | null;
  type: string | null;
  reason: string | null;
  container: string | null;
  message: string | null;
  count: number;
  evidence: string;
}>;

/** A cause with what speaks for it. */
export type Cause = Readonly<{
  category: Category | null;
  statement: string;
  confidence: 'certain' | 'strong' | 'weak';
  container: string | null;
  evidence: readonly string[];
}>;

/** What happened to one pod before its application started, as a document that can be read a year later. */
export type Postmortem = Readonly<{
  id: string;
  pod: Readonly<{
    uid: string;
    cluster: string;
    namespace: string;
    name: string;
    workload: string;
    revision: string | null;
    node: string | null;
    kubeletVersion: string | null;
  }>;
  summary: string;
  state: PodAccount['state'];
  status: string;
  startedAt: string | null;
  endedAt: string | null;
  duration: PodAccount['duration'];
  initRestarts: number;
  cause: Cause | null;
  alternatives: readonly Cause[];
  timeline: readonly Moment[];
  cycles: readonly Cycle[];
  findings: readonly Finding[];
  events: readonly EventNote[];
  /** When nobody could see: what may have happened then is not in this document. */
  gaps: readonly Gap[];
  openQuestions: readonly string[];
  /** The exact moment of the record that this was read from. */
  asOf: Readonly<{ position: string; recordedAt: string | null; rules: string; source: string }>;
}>;
