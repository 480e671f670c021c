/** What can happen to an init container, instance by instance (semantics 8.1). */
import type { Category } from '../taxonomy.js';
import type { Tells } from './told.js';

/** An image, or resources as text, of the spec: it begins nothing again (semantics 2.7). */
export type InitContainerSpecChanged = Tells<
  'InitContainerSpecChanged',
  { index: number; field: 'image' | 'resources'; from: string | null; to: string | null; generation: number | null }
>;

/** The node gave a running instance other resources in place (semantics 2.7). */
export type InitContainerResized = Tells<
  'InitContainerResized',
  { index: number; containerId: string; from: string | null; to: string | null }
>;

/** A running sidecar was killed and started anew because its image was changed (semantics 2.7): no crash. */
export type SidecarReplaced = Tells<
  'SidecarReplaced',
  { index: number; containerId: string; replaces: string; from: string | null; to: string | null }
>;

export type InitContainerWaiting = Tells<
  'InitContainerWaiting',
  { index: number; reason: string; message: string | null; category: Category; categorySource: string; waitSeq: number }
>;

export type InitContainerBackoffEntered = Tells<
  'InitContainerBackoffEntered',
  { index: number; kind: 'crash' | 'image'; delaySeconds: number | null }
>;

export type InitContainerStarted = Tells<
  'InitContainerStarted',
  {
    index: number;
    attempt: number;
    containerId: string;
    restartCount: number;
    image: string | null;
    imageId: string | null;
  }
>;

export type SidecarStarted = Tells<'SidecarStarted', { index: number; containerId: string; notBefore: string | null }>;

export type InitContainerFinished = Tells<
  'InitContainerFinished',
  {
    index: number;
    attempt: number;
    containerId: string;
    startedAt: string | null;
    /** From one whole second to another: less than a second off to either side. Null without a start. */
    durationMs: number | null;
    exitCode: number | null;
    signal: number | null;
    reason: string | null;
    message: string | null;
    outcome: 'succeeded' | 'failed';
    category: Category | null;
    /** The field that decided the category; null where there is none. */
    categorySource: string | null;
    from: 'state' | 'lastState';
  }
>;

/** An instance of which no end will be told: a synthetic termination stands in its place (semantics 1.6). */
export type InitContainerOutcomeUnknown = Tells<
  'InitContainerOutcomeUnknown',
  { index: number; containerId: string | null; restartCount: number; reason: string | null; message: string | null }
>;

/** `from`, `to`: the restartCounts before and now; `between`: the two looks, by the recorder's clock. */
export type InitContainerAttemptsMissed = Tells<
  'InitContainerAttemptsMissed',
  {
    index: number;
    count: number;
    from: number;
    to: number;
    between: Readonly<{ from: string | null; to: string }>;
  }
>;

export type RestartCounterReset = Tells<'RestartCounterReset', { index: number; from: number; to: number }>;

/** `containerId`: its newest instance, of an earlier cycle. `kubeletVersion`: whose bug it may be (semantics 2.4). */
export type InitContainerSkipped = Tells<
  'InitContainerSkipped',
  { index: number; containerId: string | null; kubeletVersion: string | null }
>;
