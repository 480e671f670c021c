/** Cycles: a pass through the init containers for each sandbox, or restart in place, and a duration that holds the truth. */
import { withinCycle } from '#libs/init-history';
import type { Json } from '../e2e/service.js';
import { ranFor } from './judge-attempts.js';
import { newestOf, runtimeUidOf, type Case, type Judgement } from './case.js';
import type { Pod } from './revealed.js';
import type { RuntimeTruth, TrueInstance } from './truth.js';

const bare = (containerId: string): string => containerId.replace(/^[a-z-]+:\/\//, '');

export function judgeCycles(given: Case): Judgement {
  let cycles = 0;
  const untruths = given.told.pods.flatMap((pod) => {
    const looks = given.looks.get(pod.uid) ?? [];
    const spec = newestOf(looks);
    // A mirror may be one of several of the same containers.
    if (!spec || runtimeUidOf(pod.uid, looks) !== pod.uid) return [];
    if (!isWhole(given.truth, pod.uid)) return [];
    cycles += pod.cycles.length;
    const passOf = passesOf(given.truth, pod.uid, spec);
    const wrong = [
      ...misplaced(pod, passOf, given.truth),
      ...pod.cycles.flatMap((cycle: Json) => [
        ...wrongCycle(cycle, spec, given.truth, passOf),
        ...wrongCause(cycle, given),
      ]),
    ];
    return wrong.map((what) => `${pod.namespace}/${pod.name} (${pod.uid}) ${what}`);
  });
  return { untruths, compared: { cycles } };
}

/**
 * No sandbox of the pod may have begun unnamed: its instances would be counted to the one before. None did while another
 * one of the pod lived: the kubelet makes a new one once the old one is dead.
 */
function isWhole({ instances, sandboxes, unnamed }: RuntimeTruth, uid: string): boolean {
  const began = [...instances.values()].filter(({ podUid }) => podUid === uid).map(({ createdAt }) => createdAt);
  const its = sandboxes.get(uid) ?? [];
  const from = its[0]?.startedAt ?? Math.min(...began);
  // One whose end nobody noted may have died at any time.
  const had = (at: number) =>
    its.some(({ startedAt, exitedAt }) => startedAt <= at && exitedAt !== null && at < exitedAt);
  return !unnamed.some((at) => at >= from - 30_000 && at <= Math.max(...began) && !had(at));
}

/** Which pass through the init containers an instance belongs to: passes begin with sandboxes, and with restarts of all. */
type PassOf = (one: TrueInstance) => number;

function passesOf({ instances }: RuntimeTruth, uid: string, { spec }: Pod): PassOf {
  const rules = new Map(
    [...(spec.initContainers ?? []), ...spec.containers].map(({ name, restartPolicyRules = [] }) => [
      name,
      restartPolicyRules.filter(({ action }) => action === 'RestartAllContainers'),
    ]),
  );
  const restarts = [...instances.values()].flatMap((one) => {
    if (one.podUid !== uid || one.exitedAt === null) return [];
    const matched = rules
      .get(one.container)
      ?.some(
        ({ exitCodes }) => exitCodes && exitCodes.values.includes(one.exitCode ?? -1) === (exitCodes.operator === 'In'),
      );
    return matched ? [one.exitedAt] : [];
  });
  return (one) => one.sandbox + restarts.filter((at) => at < (one.startedAt ?? one.createdAt)).length;
}

/** Attempts of one pass are told in one cycle, those of a later pass in a later one. */
function misplaced(pod: Json, passOf: PassOf, { instances }: RuntimeTruth): string[] {
  const placed = pod.cycles.flatMap((cycle: Json) =>
    cycle.initContainers.flatMap(({ name, attempts }: Json) =>
      attempts.flatMap(({ containerId, number }: Json) => {
        const one = instances.get(bare(containerId));
        return one ? [{ label: `${name} #${number}`, cycle: cycle.number as number, pass: passOf(one) }] : [];
      }),
    ),
  );
  const passes = [...new Set(placed.map(({ pass }: Json) => pass as number))].toSorted(
    (a, b) => (a as number) - (b as number),
  );
  const cycles = [...new Set(placed.map(({ cycle }: Json) => cycle as number))].toSorted(
    (a, b) => (a as number) - (b as number),
  );
  const told = placed.map(({ label, cycle, pass }: Json) => ({
    label,
    cycle: cycles.indexOf(cycle),
    pass: passes.indexOf(pass),
    number: cycle,
    ran: pass,
  }));
  return told
    .filter((one: Json) => one.cycle !== one.pass)
    .map((one: Json) => `${one.label}: told in cycle ${one.number}, ran in pass ${one.ran}`);
}

/** A completed cycle ends with the last of its regular init containers; a later one begins between the old sandbox's end and the new one's start. */
function wrongCycle(cycle: Json, { spec }: Pod, truth: RuntimeTruth, passOf: PassOf): string[] {
  const { number, duration, outcome, phases } = cycle;
  const sum = phases
    .filter(({ phase }: Json) => withinCycle.has(phase))
    .reduce((seconds: number, slice: Json) => seconds + slice.duration.seconds, 0);
  const wrong: string[] = [];
  if (duration.seconds !== null && phases.length > 0 && Math.abs(sum - duration.seconds) > 0.002)
    wrong.push(`phases sum to ${sum} s of ${duration.seconds}`);
  if (phases.some((slice: Json) => slice.duration.seconds < 0)) wrong.push('a phase is negative');
  if (outcome === 'completed') wrong.push(...wrongEnd(cycle, spec, truth, passOf));
  return wrong.map((what) => `cycle ${number}: ${what}`);
}

/**
 * A cycle is told as begun by a reboot if the node rebooted between the death of the sandbox before and the start of its own.
 * A busy machine takes its time to reboot, and sandboxes may go in it before all do: of several, which one is not known.
 */
function wrongCause(cycle: Json, { told, truth: { instances, sandboxes } }: Case): string[] {
  const { number, cause } = cycle;
  if (cause !== 'nodeReboot' && cause !== 'sandboxRecreated') return [];
  const ids: string[] = cycle.initContainers.flatMap(({ attempts }: Json) =>
    attempts.map(({ containerId }: Json) => containerId as string),
  );
  const first = ids.map((id) => instances.get(bare(id))).find((one) => one !== undefined);
  if (!first) return [];
  const its = sandboxes.get(first.podUid) ?? [];
  const reboots = told.disrupted.filter(({ kind }) => kind === 'reboot');
  const duringOf = (ordinal: number) => {
    const [died, began] = [its[ordinal - 2]?.exitedAt, its[ordinal - 1]?.startedAt];
    return died && began ? reboots.filter(({ from, to }) => from <= began && to >= died - 1000) : [];
  };
  if (!its[first.sandbox - 2]?.exitedAt || !its[first.sandbox - 1]) return [];
  const during = duringOf(first.sandbox);
  const shared = its.some((_, i) => i + 1 !== first.sandbox && duringOf(i + 1).some((one) => during.includes(one)));
  if (shared) return [];
  const rebooted = during.length > 0;
  return rebooted === (cause === 'nodeReboot')
    ? []
    : [`cycle ${number}: told as ${cause}, and the node ${rebooted ? 'rebooted' : 'did not reboot'}`];
}

function wrongEnd(cycle: Json, spec: Pod['spec'], { instances, sandboxes }: RuntimeTruth, passOf: PassOf): string[] {
  const regular = cycle.initContainers.filter(({ kind }: Json) => kind === 'regular');
  const attempts = regular.map(({ attempts: its }: Json) => instances.get(bare(its.at(-1)?.containerId ?? '')));
  if (attempts.length === 0 || attempts.some((one: TrueInstance | undefined) => !one?.exitedAt)) return [];
  if (cycle.initContainers.at(-1)?.kind === 'sidecar') return [];
  const last = attempts.reduce((a: TrueInstance, b: TrueInstance) =>
    b.exitedAt! > a.exitedAt! ? b : a,
  ) as TrueInstance;
  const wrong: string[] = [];
  for (const one of attempts)
    if (one.exitCode !== 0) wrong.push(`is told as completed, and ${one.container} exited ${one.exitCode}`);
  const [from, to] = startOf(cycle, last, sandboxes.get(last.podUid) ?? []);
  if (from === null || to === null) return wrong;
  const [least, most] = [(last.exitedAt! - to) / 1000, (last.exitedAt! - from) / 1000];
  const { lo, hi, seconds } = cycle.duration;
  if (lo !== null && hi !== null && !(lo <= most && hi >= least))
    wrong.push(`took ${seconds} s (${lo} to ${hi}), in truth ${least} to ${most}`);
  const runs = cycle.phases.filter(({ phase }: Json) => phase === 'run');
  for (const { name, attempts: told } of regular)
    wrong.push(
      ...wrongRun(
        { name, told },
        runs,
        [...instances.values()].filter(
          (one) => one.podUid === last.podUid && one.container === name && passOf(one) === passOf(last),
        ),
      ),
    );
  return wrong;
}

/** When it began in truth, as a span: in the second of the node's acceptance, or between two sandboxes. */
function startOf(
  cycle: Json,
  last: TrueInstance,
  sandboxes: readonly { startedAt: number; exitedAt: number | null }[],
): [number | null, number | null] {
  const told = cycle.startedAt === null ? null : Date.parse(cycle.startedAt);
  if (cycle.cause === 'first') return told === null ? [null, null] : [told, told + 1000];
  if (cycle.cause !== 'sandboxRecreated' && cycle.cause !== 'nodeReboot') return [null, null];
  const [before, its] = [sandboxes[last.sandbox - 2], sandboxes[last.sandbox - 1]];
  return [before?.exitedAt ?? null, its?.startedAt ?? null];
}

type ToldOf = Readonly<{ name: string; told: readonly Json[] }>;

/** The time that a container ran, over all its instances of the cycle: announced starts make it a span. */
function wrongRun({ name, told }: ToldOf, runs: readonly Json[], ran: readonly TrueInstance[]): string[] {
  const slices = runs.filter(({ container }) => container === name);
  if (slices.length === 0 || ran.some(({ startedAt, exitedAt }) => startedAt === null || exitedAt === null)) return [];
  const [lo, hi] = ['lo', 'hi'].map((bound) => slices.reduce((sum, slice) => sum + slice.duration[bound], 0)) as [
    number,
    number,
  ];
  const spans = ran.map((one) => {
    const its = told.find(({ containerId }) => bare(containerId) === one.containerId);
    return ranFor(its?.startedAt ?? null, one, one.exitedAt!, one.startedAt!);
  });
  const least = spans.reduce((sum, one) => sum + one.least, 0);
  const most = spans.reduce((sum, one) => sum + one.most, 0);
  // An instance that fits into one second of the stamps leaves no slice.
  const cut = Math.max(0, ran.length - slices.length);
  return lo <= most && hi + cut >= least
    ? []
    : [`${name} ran ${lo} to ${hi} s by its phases, in truth ${least} to ${most}`];
}
