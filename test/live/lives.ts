/** Random lives: a pod, or a workload that makes pods, and what is done to it. */
import type { Json } from '../contract/client.js';
import { app, initContainer, sidecar, type Ground } from './containers.js';
import type { Chance } from './chance.js';

/** What is done to an object of the campaign's namespace, `after` seconds from its creation. */
export type Step = Readonly<{ after: number; act: Act }>;
export type Act =
  | Readonly<{ kind: 'delete'; path: string; graceSeconds: number | null }>
  | Readonly<{ kind: 'evict'; pod: string }>
  | Readonly<{ kind: 'patch'; path: string; body: Json }>
  | Readonly<{ kind: 'kill-sandbox'; pod: string }>
  | Readonly<{ kind: 'create'; path: string; body: Json }>;

/** A life begins with the creation of an object, `at` seconds from the campaign's beginning. */
export type Life = Readonly<{ at: number; path: string; object: Json; steps: readonly Step[] }>;

const policies = { Always: 5, OnFailure: 3, Never: 2 } as const;

function podSpec(chance: Chance, ground: Ground, policy: keyof typeof policies): Json {
  const initContainers = Array.from({ length: chance.pick([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 6]) }, (_, i) =>
    chance.falls(0.22) ? sidecar(chance, `side-${i}`, ground) : initContainer(chance, `init-${i}`, ground),
  );
  const containers = Array.from({ length: chance.falls(0.8) ? 1 : 2 }, (_, i) => app(chance, `app-${i}`, ground));
  return {
    restartPolicy: policy,
    terminationGracePeriodSeconds: chance.pick([0, 1, 1, 2, 5]),
    automountServiceAccountToken: false,
    initContainers,
    containers,
    volumes: [{ name: 'state', emptyDir: {} }],
    ...(chance.falls(0.06) && { activeDeadlineSeconds: chance.whole(3, 25) }),
    ...(chance.falls(0.05) && { hostNetwork: true }),
    ...(chance.falls(0.04) && { schedulingGates: [{ name: 'example.com/wait' }] }),
    ...(chance.falls(0.04) && { readinessGates: [{ conditionType: 'example.com/well' }] }),
    ...(chance.falls(0.02) && { nodeSelector: { 'example.com/no': 'such-node' } }),
    ...(chance.falls(0.03) && { nodeName: 'node-a', nodeSelector: { 'example.com/no': 'such-node' } }),
  };
}

const interventions = { none: 10, delete: 5, force: 2, evict: 1, killSandbox: 6, image: 3, debug: 1 } as const;

function stepsOf(chance: Chance, ground: Ground, name: string, spec: Json): Step[] {
  const path = `pods/${name}`;
  const inits = spec['initContainers'] as Json[];
  const after = chance.whole(2, 40);
  const steps: Step[] = 'schedulingGates' in spec ? [{ after: chance.whole(2, 8), act: ungate(path) }] : [];
  switch (chance.among(interventions)) {
    case 'none':
      break;
    case 'delete':
      steps.push({ after, act: { kind: 'delete', path, graceSeconds: null } });
      break;
    case 'force':
      steps.push({ after, act: { kind: 'delete', path, graceSeconds: 0 } });
      break;
    case 'evict':
      steps.push({ after, act: { kind: 'evict', pod: name } });
      break;
    case 'killSandbox':
      for (let times = chance.whole(1, 3), at = after; times > 0; times--, at += chance.whole(3, 25))
        steps.push({ after: at, act: { kind: 'kill-sandbox', pod: name } });
      break;
    case 'image':
      if (inits.length > 0) steps.push({ after, act: imageChanged(chance, ground, path, inits) });
      break;
    case 'debug':
      steps.push({ after, act: debugged(ground, path) });
      break;
  }
  return steps;
}

const ungate = (path: string): Act => ({ kind: 'patch', path, body: { spec: { schedulingGates: null } } });

function imageChanged(chance: Chance, { image }: Ground, path: string, inits: readonly Json[]): Act {
  const to = image.replace(/busybox:[^:]*$/, chance.pick(['nginx:1.27', 'redis:7']));
  const changed = chance.pick(inits)['name'];
  const initContainers = inits.map((one) => (one['name'] === changed ? { ...one, image: to } : one));
  return { kind: 'patch', path, body: { spec: { initContainers } } };
}

const debugged = ({ image }: Ground, path: string): Act => ({
  kind: 'patch',
  path: `${path}/ephemeralcontainers`,
  body: { spec: { ephemeralContainers: [{ name: 'look', image, command: ['sleep', '2'] }] } },
});

const kinds = { pod: 14, job: 2, deployment: 2, statefulSet: 1, daemonSet: 1, twice: 2 } as const;

/** One random life, or two of one name. */
export function livesOf(chance: Chance, ground: Ground, name: string, at: number): readonly Life[] {
  switch (chance.among(kinds)) {
    case 'pod': {
      const spec = podSpec(chance, ground, chance.among(policies));
      return [{ at, path: 'pods', object: podOf(name, spec), steps: stepsOf(chance, ground, name, spec) }];
    }
    case 'twice':
      return nameReused(chance, ground, name, at);
    case 'job':
      return [{ at, path: 'jobs', object: jobOf(chance, ground, name), steps: [] }];
    case 'deployment':
      return [rolledOut(chance, ground, 'deployments', { name, at })];
    case 'statefulSet':
      return [rolledOut(chance, ground, 'statefulsets', { name, at })];
    case 'daemonSet':
      return [rolledOut(chance, ground, 'daemonsets', { name, at })];
  }
}

const podOf = (name: string, spec: Json): Json => ({ metadata: { name, labels: { app: name } }, spec });

/** A pod is deleted, and soon another one has its name. */
function nameReused(chance: Chance, ground: Ground, name: string, at: number): readonly Life[] {
  const object = podOf(name, podSpec(chance, ground, chance.among(policies)));
  const deletedAt = chance.whole(3, 15);
  const graceSeconds = chance.pick([0, null]);
  const steps: Step[] = [
    { after: deletedAt, act: { kind: 'delete', path: `pods/${name}`, graceSeconds } },
    { after: deletedAt + chance.whole(1, 10), act: { kind: 'create', path: 'pods', body: object } },
  ];
  return [{ at, path: 'pods', object, steps }];
}

function jobOf(chance: Chance, ground: Ground, name: string): Json {
  const spec = podSpec(chance, ground, chance.pick(['Never', 'OnFailure'] as const));
  const length = chance.whole(1, 2);
  return {
    metadata: { name },
    spec: {
      backoffLimit: chance.whole(0, 3),
      completions: length,
      parallelism: length,
      template: { spec },
      ...(chance.falls(0.2) && { activeDeadlineSeconds: chance.whole(10, 40) }),
    },
  };
}

type Begun = Readonly<{ name: string; at: number }>;

/** A workload whose pods are replaced by others when its template changes. */
function rolledOut(chance: Chance, ground: Ground, path: string, { name, at }: Begun): Life {
  const template = (): Json => {
    // What a node rejects is made anew at once, for ever.
    const { activeDeadlineSeconds: _deadline, nodeName: _node, ...spec } = podSpec(chance, ground, 'Always');
    return { metadata: { labels: { app: name } }, spec };
  };
  const many = path === 'daemonsets' ? {} : { replicas: chance.whole(1, 2) };
  const spec = { ...many, selector: { matchLabels: { app: name } }, template: template() };
  const object = { metadata: { name }, spec: { ...spec, ...(path === 'statefulsets' && { serviceName: name }) } };
  const body = { spec: { template: template() } };
  const steps: Step[] = chance.falls(0.7)
    ? [{ after: chance.whole(8, 40), act: { kind: 'patch', path: `${path}/${name}`, body } }]
    : [];
  return { at, path, object, steps };
}
