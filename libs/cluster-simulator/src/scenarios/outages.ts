import { app, container, pod, type Manifest, type Scenario, type Step } from './scenario.js';

const brief = { terminationGracePeriodSeconds: 1 };

const waits = (name: string, first: string, second: string): Manifest =>
  pod(name, {
    ...brief,
    initContainers: [container('first', ['sleep', first]), container('second', ['sleep', second])],
    containers: [app],
  });

/** Three pods on a node without their image; the last comes so much later than the others. */
const outage = (
  { name, about, lasts, steadyAt }: Readonly<{ name: string; about: string; lasts: number; steadyAt: number }>,
  steps: readonly Step[],
): Scenario => ({
  name,
  about,
  nodeImages: { '1.36': [] },
  lasts,
  begin: [
    pod('looping', { initContainers: [container('check', 'sleep 0.3; exit 1')], containers: [app] }),
    waits('slow', '10', '20'),
  ],
  later: [{ at: steadyAt, apply: waits('steady', '1', '2') }, ...steps],
  courses: { looping: { longestBackOffMs: 1000 } },
});

/**
 * What happens to the API server while pods initialize, one of them failing every two seconds. The moments are those of the recordings: from them it follows
 * which of the kubelet's writes find no server, and which one finds a server that begins to start, so that it is written late, before newer ones.
 */
export const outages: readonly Scenario[] = [
  outage(
    {
      name: 'apiserver-restart',
      about: 'The API server goes politely and comes back; attempts that nobody could write down happen meanwhile.',
      lasts: 75,
      steadyAt: 0.15,
    },
    [{ at: 18.55, api: 'restart' }],
  ),
  outage(
    { name: 'apiserver-kill', about: 'The API server is killed and comes back, twice.', lasts: 85, steadyAt: 0.05 },
    [
      { at: 18.75, api: 'kill' },
      { at: 43.6, api: 'kill' },
    ],
  ),
  outage(
    {
      name: 'apiserver-compact',
      about: 'History is compacted when the API server is restarted: what was before can no longer be watched.',
      lasts: 75,
      steadyAt: 0.15,
    },
    [
      { at: 18.5, api: 'compact' },
      { at: 18.55, api: 'restart' },
    ],
  ),
];
