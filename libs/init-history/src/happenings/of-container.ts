/** What can happen to an init container, instance by instance (semantics 8.1). */
import type { Category } from '../taxonomy.js';
import type { Tells } from './told.js';

export type InitContainerSpecChanged = Tells<
  'InitContainerSpecChanged',
  { from: string | null; to: string | null; generation: number | null }
>;

export type InitContainerWaiting = Tells<
  'InitContainerWaiting',
  { index: number; reason: string; message: string | null; category: Category; waitSeq: number }
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
    exitCode: number | null;
    signal: number | null;
    reason: string | null;
    message: string | null;
    outcome: 'succeeded' | 'failed';
    category: Category | null;
    from: 'state' | 'lastState';
  }
>;

/** An instance of which no end will be told: a synthetic termination stands in its place (semantics 1.6). */
export type InitContainerOutcomeUnknown = Tells<
  'InitContainerOutcomeUnknown',
  { index: number; containerId: string | null; restartCount: number; reason: string | null; message: string | null }
>;

export type InitContainerAttemptsMissed = Tells<
  'InitContainerAttemptsMissed',
  { index: number; count: number; from: number; to: number }
>;

export type RestartCounterReset = Tells<'RestartCounterReset', { index: number; from: number; to: number }>;

export type InitContainerSkipped = Tells<'InitContainerSkipped', { index: number; containerId: string | null }>;
