import type { Attempt, Cycle, Duration, InitContainerAccount, PodAccount } from '#libs/init-history';

/** Exactly so many seconds, by stamps of whole seconds. */
export const exactly = (seconds: number): Duration => ({
  seconds,
  lo: Math.max(0, seconds - 1),
  hi: seconds + 1,
  certainty: 'exact',
});

/** So many seconds so far. */
export const soFar = (seconds: number): Duration => ({ ...exactly(seconds), hi: seconds, running: true });

export const unknown: Duration = { seconds: null, lo: null, hi: null, certainty: 'unknown' };

/** An attempt that succeeded in 5 s, but for what is named. */
export const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  number: 1,
  containerId: 'containerd://1',
  imageId: 'sha256:1',
  startedAt: '2026-11-21T10:59:56Z',
  finishedAt: '2026-11-21T11:00:01Z',
  duration: exactly(5),
  exitCode: 0,
  signal: null,
  reason: 'Completed',
  message: null,
  outcome: 'succeeded',
  category: null,
  categoryEvidence: null,
  basis: 'observed',
  observedAt: '2026-11-21T11:00:01.200Z',
  position: 7,
  ...more,
});

export const container = (more: Partial<InitContainerAccount> = {}): InitContainerAccount => ({
  name: 'migrate',
  index: 0,
  kind: 'regular',
  image: 'migrate:1',
  state: 'succeeded',
  done: true,
  waitingReason: null,
  waitingMessage: null,
  category: null,
  categoryEvidence: null,
  purpose: null,
  waitsFor: null,
  dependencies: [],
  restartCount: 0,
  missedAttempts: 0,
  attempts: [attempt()],
  ...more,
});

/** A first cycle that completed in 6 s, but for what is named. */
export const cycle = (more: Partial<Cycle> = {}): Cycle => ({
  number: 1,
  cause: 'first',
  startedAt: '2026-11-21T10:59:55Z',
  endedAt: '2026-11-21T11:00:01Z',
  outcome: 'completed',
  category: null,
  categoryEvidence: null,
  duration: exactly(6),
  phases: [],
  initContainers: [container()],
  ...more,
});

/** A pod of the Deployment `api` that initialized, but for what is named. */
export const account = (more: Partial<PodAccount> = {}): PodAccount => ({
  uid: '00000000-0000-4000-8000-000000000001',
  namespace: 'shop',
  namespaceUid: '00000000-0000-4000-8000-000000000800',
  name: 'api-1',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api', uid: null, resolved: true },
  revision: '6c4f',
  node: 'node-a',
  zone: 'z1',
  kubeletVersion: 'v1.36.3',
  labels: { app: 'api' },
  createdAt: '2026-11-21T10:59:54Z',
  deletedAt: null,
  status: 'Running',
  ready: '1/1',
  restarts: 0,
  lastRestartAt: null,
  initRestarts: 0,
  state: 'initialized',
  category: null,
  categoryEvidence: null,
  stuckSince: null,
  duration: exactly(6),
  sinceCreation: exactly(7),
  sinceScheduled: exactly(7),
  toAppStarted: exactly(8),
  cycles: [cycle()],
  findings: [],
  gaps: [],
  ...more,
});
