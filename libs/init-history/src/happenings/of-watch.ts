/** What is told beside the pod's own state: Kubernetes Events, which annotate it, and gaps in what was seen. */
import type { ParsedEvent } from '../kube-events/parsed-event.js';
import type { GapCause } from '../observations.js';
import type { Tells } from './told.js';

export type ClusterEventRecorded = Tells<
  'ClusterEventRecorded',
  {
    eventUid: string;
    /** Of the Event object: an expired one that recurs is made again under its name, with another uid and its count going on. */
    eventName: string;
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

export type GapNoted = Tells<'ObservationGap', { resource: string; from: string; to: string; cause: GapCause }>;
