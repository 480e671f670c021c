/** Random containers of a pod: what they run, how that ends, and by which policy it is tried again. */
import type { Json } from '../contract/client.js';
import type { Chance } from './chance.js';

/** What a node can run, and what its kubelet knows. */
export type Ground = Readonly<{
  /** A busybox. */
  image: string;
  /** Minor version of the kubelet. */
  kubelet: number;
}>;

export const shell = (script: string): string[] => ['sh', '-c', script];
const forEver = 'trap "exit 0" TERM; while true; do sleep 1; done';
const deaf = 'trap "" TERM; while true; do sleep 1; done';

/** Fails with `code` as often as told, counted over all instances, then succeeds. */
const failsFirst = (name: string, times: number, code: number): string =>
  `echo x >> /state/${name}; sleep 0.3; [ $(wc -l < /state/${name}) -gt ${times} ] || exit ${code}`;

const tries = { volumeMounts: [{ name: 'state', mountPath: '/state' }] };
const other = (image: string, tag: string): string => image.replace(/busybox:[^:]*$/, tag);
const exitCodes = [1, 2, 3, 42, 126, 127, 137, 143, 255] as const;

const regular = {
  instant: 14,
  short: 14,
  long: 6,
  endless: 2,
  failsFirst: 16,
  failsAlways: 8,
  killsItself: 3,
  outOfMemory: 4,
  childOutOfMemory: 2,
  absentImage: 3,
  neverPulled: 2,
  misspelled: 1,
  otherImage: 5,
  noSuchCommand: 3,
  noSuchConfig: 3,
  talks: 4,
  asRoot: 1,
} as const;

/** A regular init container. */
export function initContainer(chance: Chance, name: string, { image, kubelet }: Ground): Json {
  const container = { name, image };
  const code = chance.pick(exitCodes);
  const made = ((): Json => {
    switch (chance.among(regular)) {
      case 'instant':
        return { ...container, command: ['true'] };
      case 'short':
        return { ...container, command: ['sleep', String(chance.whole(1, 4))] };
      case 'long':
        return { ...container, command: shell(`sleep ${chance.whole(8, 25)} & wait $!`) };
      case 'endless':
        return { ...container, command: shell(chance.falls(0.5) ? forEver : deaf) };
      case 'failsFirst':
        return { ...container, ...tries, command: shell(failsFirst(name, chance.whole(1, 4), code)) };
      case 'failsAlways':
        return { ...container, command: shell(`sleep ${chance.whole(0, 2)}; exit ${code}`) };
      case 'killsItself':
        return { ...container, command: shell('sleep 1; kill -9 $$') };
      case 'outOfMemory':
        return { ...container, ...hungry, command: shell('sleep 1; exec tail /dev/zero') };
      case 'childOutOfMemory':
        return { ...container, ...hungry, command: shell('sleep 1; tail /dev/zero; exit 0') };
      case 'absentImage':
        return { ...container, image: other(image, 'absent:1'), command: ['true'] };
      case 'neverPulled':
        return { ...container, image: other(image, 'absent:2'), imagePullPolicy: 'Never', command: ['true'] };
      case 'misspelled':
        return { ...container, image: 'Not An Image', command: ['true'] };
      case 'otherImage':
        return {
          ...container,
          image: other(image, chance.pick(['nginx:1.27', 'redis:7', 'heavy:1'])),
          command: ['true'],
        };
      case 'noSuchCommand':
        return { ...container, command: ['/no/such/command'] };
      case 'noSuchConfig':
        return { ...container, envFrom: [{ configMapRef: { name: 'late' } }], command: ['true'] };
      case 'talks':
        return {
          ...container,
          terminationMessagePolicy: 'FallbackToLogsOnError',
          command: shell(`echo no luck; exit ${code}`),
        };
      case 'asRoot':
        return { ...container, securityContext: { runAsNonRoot: true, runAsUser: 0 }, command: ['true'] };
    }
  })();
  return { ...made, ...rulesOf(chance, kubelet) };
}

const hungry = { resources: { limits: { memory: '20Mi' } } };

/** Policies and rules of one container, which a kubelet knows from 1.34 on behind a gate, from 1.35 on by itself. */
function rulesOf(chance: Chance, kubelet: number): Json {
  if (kubelet < 35 || chance.falls(0.8)) return {};
  const restartPolicy = chance.pick(['Never', 'OnFailure']);
  if (chance.falls(0.4)) return { restartPolicy };
  const action = chance.falls(0.3) && kubelet >= 36 ? 'RestartAllContainers' : 'Restart';
  const some = { operator: chance.pick(['In', 'NotIn']), values: [chance.pick([1, 2, 42]), 3] };
  // What begins all again for ever would say little else.
  const values = action === 'Restart' ? some : { operator: 'In', values: [42] };
  return { restartPolicy, restartPolicyRules: [{ action, exitCodes: values }] };
}

const sidecars = {
  quiet: 8,
  probed: 6,
  dies: 5,
  neverStarts: 2,
  hooked: 3,
  hookFails: 2,
  endsWell: 2,
  deaf: 2,
} as const;

/** A sidecar: an init container with `restartPolicy: Always`. */
export function sidecar(chance: Chance, name: string, { image }: Ground): Json {
  const container = { name, image, restartPolicy: 'Always' };
  const probe = (script: string) => ({ exec: { command: shell(script) }, periodSeconds: 1, failureThreshold: 4 });
  switch (chance.among(sidecars)) {
    case 'quiet':
      return { ...container, command: shell(forEver) };
    case 'probed':
      return {
        ...container,
        command: shell(`sleep ${chance.whole(0, 3)}; touch /tmp/up; ${forEver}`),
        startupProbe: probe('test -f /tmp/up'),
      };
    case 'dies':
      return { ...container, command: shell(`sleep ${chance.whole(1, 15)}; exit ${chance.pick(exitCodes)}`) };
    case 'neverStarts':
      return { ...container, command: shell(forEver), startupProbe: probe('false') };
    case 'hooked':
      return { ...container, command: shell(forEver), lifecycle: { postStart: { exec: { command: ['sleep', '1'] } } } };
    case 'hookFails':
      return {
        ...container,
        command: shell(forEver),
        lifecycle: { postStart: { exec: { command: shell('sleep 1; exit 4') } } },
      };
    case 'endsWell':
      return { ...container, command: ['sleep', String(chance.whole(0, 6))] };
    case 'deaf':
      return { ...container, command: shell(deaf) };
  }
}

const apps = { runs: 20, ends: 3, crashes: 3, unhealthy: 2, unready: 2, beginsAgain: 3, otherImage: 2 } as const;

/** An app container. */
export function app(chance: Chance, name: string, { image, kubelet }: Ground): Json {
  const container = { name, image };
  switch (chance.among(apps)) {
    case 'runs':
      return { ...container, command: shell(forEver) };
    case 'ends':
      return { ...container, command: ['sleep', String(chance.whole(0, 5))] };
    case 'crashes':
      return { ...container, command: shell(`sleep ${chance.whole(1, 8)}; exit ${chance.pick(exitCodes)}`) };
    case 'unhealthy':
      return {
        ...container,
        command: shell(forEver),
        livenessProbe: { exec: { command: ['false'] }, periodSeconds: 3 },
      };
    case 'unready':
      return {
        ...container,
        command: shell(forEver),
        readinessProbe: { exec: { command: ['false'] }, periodSeconds: 2 },
      };
    case 'beginsAgain':
      return kubelet < 36 ? { ...container, command: shell(forEver) } : { ...container, ...beginsAgain(name) };
    case 'otherImage':
      return { ...container, image: other(image, 'nginx:1.27'), command: shell(forEver) };
  }
}

/** Its first instance has all containers begin again. */
const beginsAgain = (name: string): Json => ({
  ...tries,
  restartPolicy: 'Never',
  restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } }],
  command: shell(`${failsFirst(name, 1, 88)}; ${forEver}`),
});
