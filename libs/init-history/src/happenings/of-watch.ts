/** What is told beside the pod's own state: Kubernetes Events, which annotate it, and gaps in what was seen. */
import type { GapCause } from '../observations.js';
import type { Tells } from './told.js';

export type ClusterEventRecorded = Tells<
  'ClusterEventRecorded',
  {
    eventUid: string;
    reason: string;
    eventType: string | null;
    message: string | null;
    reporter: string | null;
    count: number;
    delta: number;
    firstAt: string | null;
    combined: boolean;
    parsed: ParsedEvent | null;
  }
>;

/** What the text of an Event tells in numbers (semantics 4.3). Seconds and bytes. */
export type ParsedEvent =
  | Readonly<{ kind: 'pulling'; image: string }>
  | Readonly<{
      kind: 'pulled';
      image: string;
      seconds: number | null;
      withWaiting: number | null;
      bytes: number | null;
      alreadyPresent: boolean;
    }>
  | Readonly<{ kind: 'pullBackOff'; image: string | null }>
  | Readonly<{ kind: 'restartBackOff'; container: string | null }>
  | Readonly<{ kind: 'pullFailed'; image: string | null }>;

export type GapNoted = Tells<'ObservationGap', { resource: string; from: string; to: string; cause: GapCause }>;
