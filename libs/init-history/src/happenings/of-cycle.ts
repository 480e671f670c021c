/** What can happen to an initialization: begun, completed, ended otherwise (semantics 8.1). */
import type { CycleCause } from '../account.js';
import type { Category } from '../taxonomy.js';
import type { Tells } from './told.js';

/**
 * A sandbox went in which init containers had run, and no container proves yet that they run again (semantics 8.2 step 5d).
 * `suspects` is the number that the cycle would have: its `InitializationStarted` supersedes this.
 */
export type ReinitializationSuspected = Tells<'ReinitializationSuspected', { suspects: number }>;

/** `notBefore`: where `at` is only an upper bound, the time before which it did not begin. */
export type InitializationStarted = Tells<
  'InitializationStarted',
  { cause: CycleCause; bootId: string | null; notBefore: string | null }
>;

export type InitializationCompleted = Tells<
  'InitializationCompleted',
  { proof: 'containers' | 'condition' | 'appContainer'; notBefore: string | null; attempts: number }
>;

export type InitializationFailed = Tells<
  'InitializationFailed',
  { category: Category; categorySource: string; reason: string | null; message: string | null; exitCode: number | null }
>;

export type AbortCause =
  | 'deleted'
  | 'evicted'
  | 'preempted'
  | 'deadline'
  | 'nodeShutdown'
  | 'nodeLost'
  | 'deviceTaint'
  | 'beganAgain'
  | 'unknown';

export type InitializationAborted = Tells<
  'InitializationAborted',
  { cause: AbortCause; category: Category; categorySource: string; reason: string | null; message: string | null }
>;

export type AppContainersStarted = Tells<'AppContainersStarted', { containerId: string }>;
