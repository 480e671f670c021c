import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt, type Fields } from '../api/kube-object.js';
import { invalidNameOf, lookUp, notFound } from './images.js';
import { keepPrevious } from './cycles.js';
import type { Node } from './node.js';
import type { ContainerState, Run } from './pod-state.js';
import { commandOf, fieldPathOf, graceMsOf, imageOf } from './pod-state.js';
import type { PodRuntime } from './runtime.js';
import { playCommand, startErrorOf } from './shell.js';
import type { Work } from './task.js';

/** How a try to start a container went. `again` is when the kubelet tries next, in milliseconds, where it knows. */
export type Tried = Readonly<{ started: true } | { started: false; againMs?: number }>;

function fieldsAt(object: unknown, ...path: string[]): Fields {
  const found = fieldAt(object, ...path);
  return isFields(found) ? found : {};
}

const failed: Tried = { started: false };
const firstDelayMs = 10_000;
const longestDelayMs = 300_000;
/** How long a registry takes to say that it has no such image. */
const askMs = 40;
const createMs = 12;
const startMs = 85;
const stopStepMs = 50;

/** A duration of whole seconds as Go writes it: `10s`, `1m20s`, `5m0s`. */
function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** A duration as Go writes it, to the millisecond: `377ms`, `2.534s`, `1m2.345s`. */
function goMilliseconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Number(((ms % 60_000) / 1000).toFixed(3));
  return ms < 60_000 ? `${seconds}s` : `${Math.floor(ms / 60_000)}m${seconds}s`;
}

/** The end that the kubelet's back-off is about: the newest instance that it knew to have ended before it killed one itself. */
function knownEnd({ run, previous, isRemoved }: ContainerState): Run | undefined {
  if (run?.seen === 'exited') return isRemoved ? undefined : run;
  return previous && !('how' in previous) ? previous : undefined;
}

/** Starts the containers of one pod, one try at a time: image, configuration, creation, start, each with its events and its back-off. */
export class ContainerStarter {
  private readonly pulls = new Map<string, { until: number; delayMs: number }>();

  constructor(
    private readonly node: Node,
    private readonly runtime: PodRuntime,
    /** The pod as the kubelet got it first: what its events name. */
    private readonly bound: StoredObject,
  ) {}

  /** When the crash back-off of a container that has ended is over; 0 if it has none. */
  backOffUntil(container: ContainerState): number {
    const { crashDelayMs, crashDelayImage, spec } = container;
    const known = knownEnd(container);
    if (!known || crashDelayMs === undefined || crashDelayImage !== textAt(spec, 'image')) return 0;
    return (known.finishedAt ?? 0) + crashDelayMs;
  }

  *start(container: ContainerState): Work<Tried> {
    const waitMs = this.backOffUntil(container) - this.node.clock.now();
    if (waitMs > 0) return this.backOff(container, waitMs);
    if (knownEnd(container)) this.lengthenBackOff(container);
    if (!(yield* this.pull(container))) return failed;
    if (!this.configured(container)) return failed;
    yield createMs;
    this.tell(container, 'Normal', 'Created', this.node.shapes.says.created(container.name));
    yield startMs;
    const refused = startErrorOf(commandOf(container));
    const run = refused === undefined ? this.runtime.start(container) : this.runtime.failToStart(container, refused);
    keepPrevious(container, this.node.shapes);
    container.run = run;
    container.isStale = false;
    container.isRemoved = false;
    if (refused !== undefined) return this.notStarted(container, refused);
    delete container.waiting;
    container.probed = container.spec['startupProbe'] === undefined;
    container.isServing = container.spec['readinessProbe'] === undefined;
    this.tell(container, 'Normal', 'Started', this.node.shapes.says.started(container.name));
    return (yield* this.postStart(container)) ? { started: true } : failed;
  }

  /** Runs the container's postStart hook; one that fails ends the container, before it was ever told to run. */
  private *postStart(container: ContainerState): Work<boolean> {
    const command = listAt(container.spec, 'lifecycle', 'postStart', 'exec', 'command').map(String);
    if (command.length === 0) return true;
    const { exitCode } = yield* playCommand(command, this.runtime.around(container));
    if (exitCode === 0) return true;
    this.tell(container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    this.tell(container, 'Normal', 'Killing', 'FailedPostStartHook');
    this.runtime.stop([container], graceMsOf(this.bound));
    while (!this.runtime.isIdle([container])) yield stopStepMs;
    container.waiting = { reason: 'PostStartHookError', message: this.hookFailure(container, command, exitCode) };
    return false;
  }

  private hookFailure({ name }: ContainerState, command: readonly string[], exitCode: number): string {
    const { name: podName, namespace, uid } = this.bound.metadata;
    const words = command.join(' ');
    const pod = `${podName}_${namespace}(${uid})`;
    const failure = `command '${words}' exited with ${exitCode}: , message: ""`;
    return `Exec lifecycle hook ([${words}]) for Container "${name}" in Pod "${pod}" failed - error: ${failure}`;
  }

  private notStarted(container: ContainerState, message: string): Tried {
    this.tell(container, 'Warning', 'Failed', `Error: ${message}`);
    container.waiting = { reason: 'RunContainerError', message };
    return failed;
  }

  private backOff(container: ContainerState, waitMs: number): Tried {
    const { name, namespace, uid } = this.bound.metadata;
    const pod = `${name}_${namespace}(${uid})`;
    const delay = goDuration(container.crashDelayMs ?? 0);
    this.tell(container, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod}`);
    container.waiting = {
      reason: 'CrashLoopBackOff',
      message: `back-off ${delay} restarting failed container=${container.name} pod=${pod}`,
    };
    return { started: false, againMs: waitMs };
  }

  private lengthenBackOff(container: ContainerState): void {
    const same = container.crashDelayImage === imageOf(container);
    const known = same ? container.crashDelayMs : undefined;
    const { longestBackOffMs = longestDelayMs } = this.node.courseOf(this.bound);
    container.crashDelayMs = Math.min(known === undefined ? firstDelayMs : known * 2, longestBackOffMs);
    container.crashDelayImage = imageOf(container);
  }

  private *pull(container: ContainerState): Work<boolean> {
    const image = imageOf(container);
    const invalid = invalidNameOf(image);
    if (invalid !== undefined) return this.pullImpossible(container, invalid);
    const policy = textAt(container.spec, 'imagePullPolicy');
    if (policy !== 'Always' && this.node.images.has(image)) {
      this.tell(container, 'Normal', 'Pulled', this.node.shapes.says.present(image));
      return true;
    }
    if (policy === 'Never') return this.pullForbidden(container, image);
    if (this.node.clock.now() < (this.pulls.get(image)?.until ?? 0)) return this.pullLater(container, image);
    this.tell(container, 'Normal', 'Pulling', `Pulling image "${image}"`);
    const { exists, pullMs, sizeBytes } = lookUp(image);
    const waitMs = this.node.images.queue(exists ? pullMs : askMs, this.node.clock.now());
    yield waitMs + (exists ? pullMs : askMs);
    if (!exists) return this.pullFailed(container, image);
    this.node.images.add(image);
    const took = `${goMilliseconds(pullMs)} (${goMilliseconds(waitMs + pullMs)} including waiting)`;
    this.tell(
      container,
      'Normal',
      'Pulled',
      `Successfully pulled image "${image}" in ${took}. Image size: ${sizeBytes} bytes.`,
    );
    return true;
  }

  private pullImpossible(container: ContainerState, message: string): false {
    this.tell(container, 'Warning', 'InspectFailed', message);
    this.tell(container, 'Warning', 'Failed', 'Error: InvalidImageName');
    container.waiting = { reason: 'InvalidImageName', message };
    return false;
  }

  private pullForbidden(container: ContainerState, image: string): false {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    this.tell(container, 'Warning', 'ErrImageNeverPull', message);
    this.tell(container, 'Warning', 'Failed', 'Error: ErrImageNeverPull');
    container.waiting = { reason: 'ErrImageNeverPull', message };
    return false;
  }

  private pullLater(container: ContainerState, image: string): false {
    const message = `Back-off pulling image "${image}"`;
    this.tell(container, 'Normal', 'BackOff', message);
    this.tell(container, 'Warning', 'Failed', 'Error: ImagePullBackOff');
    container.waiting = { reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: ${notFound(image)}` };
    return false;
  }

  private pullFailed(container: ContainerState, image: string): false {
    const delayMs = Math.min((this.pulls.get(image)?.delayMs ?? firstDelayMs / 2) * 2, longestDelayMs);
    this.pulls.set(image, { delayMs, until: this.node.clock.now() + delayMs });
    this.tell(container, 'Warning', 'Failed', `Failed to pull image "${image}": ${notFound(image)}`);
    this.tell(container, 'Warning', 'Failed', 'Error: ErrImagePull');
    container.waiting = { reason: 'ErrImagePull', message: notFound(image) };
    return false;
  }

  /** Whether the ConfigMaps and Secrets that its environment names are there. */
  private configured(container: ContainerState): boolean {
    const missing = this.missingReference(container) ?? this.forbiddenRoot(container);
    if (missing === undefined) return true;
    this.tell(container, 'Warning', 'Failed', `Error: ${missing}`);
    container.waiting = { reason: 'CreateContainerConfigError', message: missing };
    return false;
  }

  /** Images run as root here. */
  private forbiddenRoot({ spec, name }: ContainerState): string | undefined {
    const context = { ...fieldsAt(this.bound, 'spec', 'securityContext'), ...fieldsAt(spec, 'securityContext') };
    if (context['runAsNonRoot'] !== true || Number(context['runAsUser'] ?? 0) !== 0) return undefined;
    const { name: pod, namespace, uid } = this.bound.metadata;
    return `container has runAsNonRoot and image will run as root (pod: "${pod}_${namespace}(${uid})", container: ${name})`;
  }

  private missingReference({ spec }: ContainerState): string | undefined {
    const { namespace = '' } = this.bound.metadata;
    const sources = [...listAt(spec, 'env').map((one) => fieldAt(one, 'valueFrom')), ...listAt(spec, 'envFrom')];
    for (const source of sources) {
      const map = textAt(source, 'configMapKeyRef', 'name') || textAt(source, 'configMapRef', 'name');
      const secret = textAt(source, 'secretKeyRef', 'name') || textAt(source, 'secretRef', 'name');
      if (map && !this.node.store.get('configmaps', { namespace, name: map })) return `configmap "${map}" not found`;
      if (secret && !this.node.store.get('secrets', { namespace, name: secret })) return `secret "${secret}" not found`;
    }
    return undefined;
  }

  private tell(container: ContainerState, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.node.events.tell(this.bound, { type, reason, message, fieldPath: fieldPathOf(container) });
  }
}
