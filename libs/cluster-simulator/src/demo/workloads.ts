import type { Random } from '../kubelet/random.js';
import { app, container, deployment, type Manifest } from '../scenarios/scenario.js';

/** How a revision of a demo workload turns out. */
export type Temper = 'good' | 'slow' | 'flaky' | 'bad';

/** A Deployment that the demo rolls for as long as it runs. */
export type Workload = Readonly<{
  namespace: string;
  name: string;
  replicas: number;
  /** The init containers of a good revision, and about how long each takes, in seconds. */
  steps: Readonly<Record<string, number>>;
}>;

export const workloads: readonly Workload[] = [
  { namespace: 'shop', name: 'storefront', replicas: 3, steps: { 'fetch-config': 1.5, 'warm-cache': 6 } },
  { namespace: 'shop', name: 'orders', replicas: 4, steps: { 'await-queue': 2, migrate: 9 } },
  { namespace: 'search', name: 'index', replicas: 2, steps: { download: 14, verify: 3 } },
  { namespace: 'accounts', name: 'login', replicas: 2, steps: { 'render-templates': 2 } },
];

/** Three of five revisions are good; the others are slow, fail at first, or fail for good. */
export const temperOf = (random: Random): Temper =>
  random.pick<Temper>(['good', 'good', 'good', 'good', 'slow', 'flaky', 'bad']);

function commandOf(seconds: number, temper: Temper, isLast: boolean): string {
  const rounded = Math.max(0.2, Number(seconds.toFixed(1)));
  if (!isLast || temper === 'good') return `sleep ${rounded}`;
  if (temper === 'slow') return `sleep ${Number((rounded * 7).toFixed(1))}`;
  if (temper === 'flaky') return `sleep ${rounded}; echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 2 ]`;
  return `sleep ${rounded}; echo "schema is locked by another migration"; exit 1`;
}

/** The manifest of a workload's revision. The last init container has the revision's temper. */
export function revisionOf(
  { name, replicas, steps }: Workload,
  revision: number,
  { temper, random }: { temper: Temper; random: Random },
): Manifest {
  const names = Object.entries(steps);
  const initContainers = names.map(([step, seconds], i) =>
    container(step, commandOf(seconds * random.between(0.7, 1.4), temper, i === names.length - 1), {
      volumeMounts: [{ name: 'state', mountPath: '/state' }],
      terminationMessagePolicy: 'FallbackToLogsOnError',
    }),
  );
  const runs = { ...app, image: `registry.example.com/${name}:1.${revision}` };
  return deployment(name, replicas, { initContainers, containers: [runs], volumes: [{ name: 'state', emptyDir: {} }] });
}
