/** Events about containers (`k/k@1.25..1.36:pkg/kubelet/kuberuntime/kuberuntime_container.go`; semantics 4.2, 4.3). */
import { pullBackOff, pullFailed } from './images.js';
import { missingIn } from './missing.js';
import type { KilledFor, ParsedEvent } from './parsed-event.js';

/** `Created container NAME` up to 1.28, `Created container: NAME` up to 1.34, `Container created` since. */
export function created(message: string): ParsedEvent | null {
  if (message === 'Container created') return { kind: 'created', container: null };
  const container = /^Created container:? (\S+)$/.exec(message)?.[1];
  return container === undefined ? null : { kind: 'created', container };
}

export function started(message: string): ParsedEvent | null {
  if (message === 'Container started') return { kind: 'started', container: null };
  const container = /^Started container (\S+)$/.exec(message)?.[1];
  return container === undefined ? null : { kind: 'started', container };
}

/** `BackOff` has two meanings: of a pull, and of a restart, whose text named nobody in 1.25. */
export function backOff(message: string): ParsedEvent | null {
  const restart = /^Back-off restarting failed container(?: (\S+) in pod )?/.exec(message);
  return restart ? { kind: 'restartBackOff', container: restart[1] ?? null } : pullBackOff(message);
}

const pullReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

const ofStart =
  /failed to (?:create containerd task|start container)|(?:OCI runtime|runc) create failed|starting container process|unable to start container process/;
const ofConfig =
  /runAsNonRoot|image will run as root|failed to prepare subPath|stat .*: no such file|environment variable/;

type Stage = Extract<ParsedEvent, { kind: 'containerFailed' }>['stage'];

function stageOf(words: string, isMissing: boolean): Stage {
  if (pullReasons.has(words)) return 'pull';
  if (ofStart.test(words)) return 'start';
  return isMissing || ofConfig.test(words) ? 'config' : null;
}

/** `Failed` has three meanings: a pull that failed; why the container waits; what the runtime said (semantics 4.2). */
export function failed(message: string): ParsedEvent | null {
  const words = /^Error: (.*)$/s.exec(message)?.[1];
  if (words === undefined) return pullFailed(message);
  const missing = missingIn(words);
  const reason = /^[A-Z][A-Za-z]+$/.test(words) ? words : null;
  return { kind: 'containerFailed', reason, stage: stageOf(words, missing !== null), missing };
}

const killings: readonly (readonly [RegExp, KilledFor])[] = [
  [/^Stopping container (\S+)$/, 'stopping'],
  [/^(?:Init container|Container) (\S+) failed startup probe/, 'startupProbe'],
  [/^(?:Init container|Container) (\S+) failed liveness probe/, 'livenessProbe'],
  [/^(?:Init container|Container) (\S+) definition changed/, 'definitionChanged'],
  [/^(?:Init container|Container) (\S+) resize requires restart/, 'resize'],
  [/^(?:Init container|Container) is in ".*" state, try killing it before restart$/, 'unknownState'],
  [/^killing$/, 'restartAllContainers'],
  [/^FailedPostStartHook$/, 'postStartHook'],
];

/** A word that was not known is still a killing. */
export function killing(message: string): ParsedEvent {
  for (const [pattern, reason] of killings) {
    const match = pattern.exec(message);
    if (match) return { kind: 'killing', container: match[1] ?? null, for: reason };
  }
  return { kind: 'killing', container: null, for: 'other' };
}

export const postStartFailed = (): ParsedEvent => ({ kind: 'hookFailed', hook: 'postStart' });
export const preStopFailed = (): ParsedEvent => ({ kind: 'hookFailed', hook: 'preStop' });

const probePattern =
  /^(Startup|Liveness|Readiness) probe (failed|errored|warning)(?: and resulted in unknown state)?: ?(.*)$/s;

type Probe = Extract<ParsedEvent, { kind: 'probe' }>;

export function probed(message: string): ParsedEvent | null {
  const match = probePattern.exec(message);
  if (!match) return null;
  const probe = (match[1] ?? '').toLowerCase() as Probe['probe'];
  return { kind: 'probe', probe, result: match[2] as Probe['result'], output: match[3] ?? '' };
}
