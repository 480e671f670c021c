/** Reads what an init container waits for from its spec as it was kept: command, args, env, image, name. */
import type { ContainerSpec, KeptCommand } from '../pod-view.js';
import { connectionsOf, networkPrograms } from './programs/network.js';
import { databasePrograms } from './programs/databases.js';
import { environmentAsked } from './programs/environment.js';
import { onlyWaits, programOf } from './programs/images.js';
import { kubernetesPrograms } from './programs/kubernetes.js';
import { migrates } from './programs/migrations.js';
import { target, type Asked, type ProgramRule } from './programs/asked.js';
import { waiterPrograms, waitScript } from './programs/waiters.js';
import type { Confidence, Dependency, Purpose } from './dependency.js';
import { callsOf, type Call } from './shell/run.js';
import type { Given } from './shell/scope.js';
import { named } from './named.js';

export type ReadSpec = Readonly<{ purpose: Purpose | null; dependencies: readonly Dependency[] }>;

const programs: Readonly<Record<string, ProgramRule>> = {
  ...networkPrograms,
  ...databasePrograms,
  ...waiterPrograms,
  ...kubernetesPrograms,
};

/** More are not told of one container. */
const mostTargets = 16;

/**
 * @param namespace of the pod: short names are names in it
 * @param position of the observation that showed the spec
 */
export function readSpec(spec: ContainerSpec, namespace: string, position: number | null): ReadSpec {
  const given: Given = {
    namespace,
    environment: new Map(spec.env.map(({ name, value }) => [name, value])),
    open: spec.hasEnvFrom,
  };
  const image = programOf(spec.image ?? '');
  const calls = callsIn(spec, image, given);
  const found = calls.flatMap((call) => ofCall(call).map((one) => ({ ...one, call })));
  const told = [
    ...found.flatMap(({ asked, confidence, call }) =>
      named(asked, confidence, given, {
        source: sourceOf(spec),
        text: [call.program, ...call.args, ...call.redirects].join(' ').trim(),
        position,
      }),
    ),
    ...fromEnvironment(spec, image, given, position),
  ];
  const dependencies = told.length > 0 ? told : hints(spec, given, image, position);
  const unique = [...new Map(dependencies.map((one) => [one.target, one])).values()].slice(0, mostTargets);
  return { purpose: purposeOf(calls, unique, image), dependencies: unique };
}

/** Every program the container calls: its command with its args, or the args alone for what its image is. */
function callsIn(spec: ContainerSpec, image: string | null, given: Given): readonly Call[] {
  const command = expanded(spec.command, given) ?? [];
  const args = expanded(spec.args, given) ?? [];
  if (command.length > 0) return callsOf([...command, ...args], given);
  if (image === null || knows(args[0] ?? '')) return callsOf(args, given);
  return callsOf([image, ...args], given);
}

const knows = (word: string): boolean => Object.hasOwn(programs, word) || /(?:^|\/)(?:ba|da|a)?sh$/.test(word);

/** `$(NAME)` is replaced by the kubelet where NAME is declared; `$$(NAME)` says the text (Kubernetes API, Container.command). */
function expanded({ words }: KeptCommand, { environment }: Given): readonly string[] | null {
  return (
    words &&
    words.map((word) =>
      word.replaceAll(/\$?\$\(([A-Za-z_][\w.-]*)\)/g, (all, name: string) => {
        if (all.startsWith('$$')) return all.slice(1);
        if (!environment.has(name)) return all;
        return environment.get(name) ?? `$${name}`;
      }),
    )
  );
}

type Found = Readonly<{ asked: Asked; confidence: Confidence }>;

/** What a call asks for, where that is a wait. */
function ofCall(call: Call): readonly Found[] {
  const rule = Object.hasOwn(programs, call.program) ? programs[call.program] : waitScript;
  const all = [...(rule?.(call) ?? []), ...connectionsOf(call.redirects)];
  return all.flatMap((asked) => {
    const confidence = confidenceOf(asked.as, call.asked);
    return confidence === null ? [] : [{ asked, confidence }];
  });
}

/** A program that waits is one wherever it stands; a probe, where its failure holds the pod up; any other in a loop alone. */
function confidenceOf(as: Asked['as'], asked: Call['asked']): Confidence | null {
  if (as === 'waits') return 'certain';
  switch (asked) {
    case 'loop':
      return 'certain';
    case 'retried':
      return 'strong';
    case 'once':
      return as === 'probes' ? 'strong' : null;
    case 'no':
      return null;
  }
}

const fromEnvironment = (
  spec: ContainerSpec,
  image: string | null,
  given: Given,
  position: number | null,
): readonly Dependency[] =>
  environmentAsked(spec.env, image).flatMap(({ asked, confidence, variable, text }) =>
    named(asked, confidence, given, { source: `env ${variable}`, text, position }),
  );

const sourceOf = ({ command, args }: ContainerSpec): string =>
  (args.words?.length ?? 0) > 0 && ((command.words?.length ?? 0) === 0 || (command.words?.at(-1) ?? '').endsWith('c'))
    ? 'args'
    : 'command';

/** Words with a number that are kept as if they were a host with a port: `sleep 1`. */
const shellWord =
  /^(?:sleep|usleep|exit|return|break|continue|shift|wait|timeout|seq|head|tail|kill|echo|printf|test|eq|ne|gt|ge|lt|le|chmod|chown|nice|retries|attempts?|times?):\d+$/i;

/** Names of containers that say what they wait for. */
const waitName =
  /^(?:init-)?(?:wait|await|check)(?:ing)?(?:-?(?:for|on|until))?-(.+?)(?:-(?:ready|readiness|up|available|connection))?$/;

/** Where nothing else tells: targets that were kept of a masked command, and the name. They are hints, and no more. */
function hints(
  spec: ContainerSpec,
  given: Given,
  image: string | null,
  position: number | null,
): readonly Dependency[] {
  const byName = waitName.exec(spec.name)?.[1];
  const waits = byName !== undefined || (image !== null && onlyWaits(image));
  const kept = [...spec.command.targets, ...spec.args.targets].filter((word) => !shellWord.test(word));
  const fromKept = kept.flatMap((word) =>
    named({ what: target(word), protocol: null, rule: 'kept-target', as: 'waits' }, waits ? 'strong' : 'weak', given, {
      source: 'command',
      text: word,
      position,
    }),
  );
  if (
    fromKept.length > 0 ||
    byName === undefined ||
    (spec.command.words?.length ?? 0) + (spec.args.words?.length ?? 0) > 0
  )
    return fromKept;
  const evidence = { source: 'name', text: spec.name, position };
  return [
    {
      kind: 'unknown',
      target: byName,
      endpoint: null,
      port: null,
      protocol: null,
      confidence: 'weak',
      rule: 'container-name',
      evidence,
    },
  ];
}

function purposeOf(calls: readonly Call[], dependencies: readonly Dependency[], image: string | null): Purpose | null {
  if (calls.some(migrates)) return 'migration';
  if (dependencies.some(({ confidence }) => confidence !== 'weak')) return 'dependencyWait';
  if (image !== null && onlyWaits(image)) return 'dependencyWait';
  const silent: ReadonlySet<string> = new Set(['sleep', 'echo', 'date', 'true', ':', 'set', '']);
  return calls.some(({ program }) => program === 'sleep') &&
    calls.every(({ program, redirects }) => silent.has(program) && redirects.every(isIdle))
    ? 'sleep'
    : null;
}

/** It writes nothing: to a descriptor, or where it is lost. */
const isIdle = (path: string): boolean => /^(?:\d+|-|\/dev\/(?:null|stdout|stderr))$/.test(path);
