import { isAdmissionReason } from '../taxonomy.js';
import * as containers from './containers.js';
import * as ends from './ends.js';
import * as images from './images.js';
import type { ParsedEvent } from './parsed-event.js';
import { resize } from './resizes.js';
import * as sandboxes from './sandboxes.js';
import * as scheduling from './scheduling.js';
import * as volumes from './volumes.js';

/** By the Event's reason; a reason with several meanings is told apart by its text. */
const parsers: Readonly<Record<string, (message: string) => ParsedEvent | null>> = {
  Scheduled: scheduling.scheduled,
  FailedScheduling: scheduling.unschedulable,
  Preempted: scheduling.preempted,

  SuccessfulAttachVolume: volumes.attached,
  FailedAttachVolume: volumes.attachFailed,
  SuccessfulMountVolume: volumes.mounted,
  FailedMount: volumes.mountFailed,
  FailedMapVolume: volumes.mountFailed,
  FailedPrepareDynamicResources: volumes.claimPrepareFailed,
  FailedResourceClaimCreation: volumes.claimCreateFailed,

  NetworkNotReady: sandboxes.networkNotReady,
  FailedCreatePodContainer: sandboxes.cgroupFailed,
  FailedCreatePodSandBox: sandboxes.sandboxFailed,
  FailedPodSandBoxStatus: sandboxes.sandboxUnreadable,
  SandboxChanged: sandboxes.sandboxChanged,

  Pulling: images.pulling,
  Pulled: images.pulled,
  ErrImageNeverPull: images.pullForbidden,
  InspectFailed: images.imageUnreadable,
  FailedToRetrieveImagePullSecret: images.pullSecretsMissing,

  Created: containers.created,
  Started: containers.started,
  Failed: containers.failed,
  BackOff: containers.backOff,
  Killing: containers.killing,
  FailedPostStartHook: containers.postStartFailed,
  FailedPreStopHook: containers.preStopFailed,
  Unhealthy: containers.probed,
  ProbeWarning: containers.probed,
  ResizeStarted: resize('started'),
  ResizeCompleted: resize('completed'),
  ResizeDeferred: resize('deferred'),
  ResizeInfeasible: resize('infeasible'),
  ResizeError: resize('error'),

  Evicted: ends.evicted,
  NodeShutdown: ends.rejected,
  Preempting: ends.preemptedForCritical,
  DeadlineExceeded: ends.deadlineExceeded,
  NodeNotReady: ends.nodeNotReady,
  TaintManagerEviction: ends.taintEviction,
  DeviceTaintManagerEviction: ends.taintEviction,
  NodeControllerEviction: ends.nodeEviction,
  FailedKillPod: ends.killFailed,
  ExceededGracePeriod: ends.graceExceeded,
  FailedSync: ends.syncFailed,
};

/** What a text of this reason tells; null where it is none of the formats that are known. */
export function parsedOf(reason: string, message: string): ParsedEvent | null {
  if (Object.hasOwn(parsers, reason)) return parsers[reason]?.(message) ?? null;
  return isAdmissionReason(reason) ? ends.rejected() : null;
}
