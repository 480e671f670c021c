import { describe, expect, it } from 'vitest';
import type { Annotation, Attempt, Duration, InitContainer, PodDetail } from '#libs/reports';
import { causes } from './cause.js';

const unknown: Duration = { seconds: null, lo: null, hi: null, certainty: 'unknown' };

const attempt = (more: Partial<Attempt>): Attempt => ({
  number: 1,
  containerId: 'containerd://1',
  imageId: null,
  startedAt: '2026-11-21T00:00:00.000Z',
  finishedAt: null,
  duration: unknown,
  exitCode: null,
  signal: null,
  reason: null,
  message: null,
  outcome: 'running',
  category: null,
  categoryEvidence: null,
  basis: 'observed',
  observedAt: '2026-11-21T00:00:01.000Z',
  position: '1:5',
  ...more,
});

const failed = (more: Partial<Attempt> = {}): Attempt =>
  attempt({
    outcome: 'failed',
    exitCode: 1,
    reason: 'Error',
    category: 'CRASH',
    finishedAt: '2026-11-21T00:00:02.000Z',
    ...more,
  });

const container = (more: Partial<InitContainer>): InitContainer => ({
  name: 'migrate',
  index: 0,
  kind: 'regular',
  image: 'busybox',
  state: 'waiting',
  done: false,
  waitingReason: 'PodInitializing',
  waitingMessage: null,
  category: null,
  categoryEvidence: null,
  purpose: null,
  waitsFor: null,
  dependencies: [],
  restartCount: 0,
  missedAttempts: 0,
  attempts: [],
  ...more,
});

const pod = (initContainers: InitContainer[], more: Partial<PodDetail> = {}): PodDetail => ({
  id: 'g',
  uid: 'u',
  cluster: 'c1',
  namespace: 'shop',
  name: 'api-1',
  workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api', uid: null, resolved: true },
  revision: null,
  node: 'n1',
  zone: null,
  kubeletVersion: null,
  labels: {},
  createdAt: null,
  deletedAt: null,
  status: 'Init:0/1',
  ready: '0/1',
  restarts: 0,
  lastRestartAt: null,
  initRestarts: 0,
  state: 'initializing',
  category: null,
  categoryEvidence: null,
  stuckSince: null,
  duration: unknown,
  sinceCreation: unknown,
  sinceScheduled: unknown,
  toAppStarted: unknown,
  cycles: [
    {
      number: 1,
      cause: 'first',
      startedAt: '2026-11-21T00:00:00.000Z',
      endedAt: null,
      outcome: 'running',
      category: null,
      categoryEvidence: null,
      duration: unknown,
      phases: [],
      initContainers,
    },
  ],
  findings: [],
  gaps: [],
  frozen: null,
  ...more,
});

const event = (more: Partial<Annotation>): Annotation => ({
  at: '2026-11-21T00:00:05.000Z',
  type: 'Warning',
  reason: 'FailedMount',
  container: null,
  message: 'configmap "settings" not found',
  count: 3,
  position: '1:9',
  ...more,
});

describe('causes', () => {
  it('puts a live mount failure before everything else', () => {
    expect(causes(pod([container({})]), [event({})])[0]).toMatchObject({
      category: 'VOLUME',
      evidence: ['1:9'],
    });
  });

  it('does not blame a mount failure that an attempt has overcome', () => {
    const started = container({ state: 'running', attempts: [attempt({})] });

    expect(causes(pod([started]), [event({})]).map(({ category }) => category)).toEqual(['DEPENDENCY_WAIT']);
  });

  it('does not blame an Event from before the cycle in which the pod stands', () => {
    expect(causes(pod([container({})]), [event({ at: '2026-11-20T00:00:00.000Z' })])).toEqual([]);
  });

  it('names the waiting reason before the last failure', () => {
    const stands = container({
      waitingReason: 'ImagePullBackOff',
      category: 'IMAGE_PULL',
      attempts: [failed()],
    });

    expect(causes(pod([stands]), []).map(({ category }) => category)).toEqual(['IMAGE_PULL', 'CRASH']);
  });

  it('reads a crash loop from its last attempt, counting those that were missed', () => {
    const looping = container({
      waitingReason: 'CrashLoopBackOff',
      missedAttempts: 1,
      attempts: [failed(), failed({ position: '3:8' })],
    });

    expect(causes(pod([looping]), [])).toMatchObject([
      { statement: 'migrate failed 3 times, last with exit code 1 (Error)', evidence: ['1:5', '3:8'] },
    ]);
  });

  it('names what a container waits for, while it runs and when it fails', () => {
    const dependency = {
      kind: 'service',
      target: 'db:5432',
      endpoint: 'db.shop:5432',
      port: 5432,
      protocol: 'tcp',
      confidence: 'certain',
      rule: 'nc',
      evidence: { source: 'command', text: 'nc -z db 5432', position: '1:5' },
    } as const;
    const waits = { purpose: 'dependencyWait', waitsFor: 'db:5432', dependencies: [dependency] } as const;
    const of = (more: Partial<InitContainer>) => causes(pod([container({ ...more })]), [])[0];

    expect(of({ ...waits, dependencies: [dependency], state: 'running', attempts: [attempt({})] })).toMatchObject({
      statement: 'migrate has been running since 2026-11-21T00:00:00.000Z and waits for db:5432; nothing has failed',
      confidence: 'strong',
    });
    expect(of({ ...waits, dependencies: [dependency], attempts: [failed()] })).toMatchObject({
      statement: 'migrate failed once, last with exit code 1 (Error); it waits for db:5432',
      confidence: 'certain',
    });
    expect(of({ purpose: 'migration', state: 'running', attempts: [attempt({})] })).toMatchObject({
      statement: 'migrate has been running since 2026-11-21T00:00:00.000Z and migrates a database; nothing has failed',
      confidence: 'weak',
    });
  });

  it('tells what was overcome as such', () => {
    const retried = container({ state: 'succeeded', done: true, attempts: [failed()] });

    expect(causes(pod([retried], { state: 'initialized' }), [])[0]!.statement).toMatch(/^overcome: /);
  });

  it('finds no cause where nothing failed', () => {
    const good = container({
      state: 'succeeded',
      done: true,
      attempts: [attempt({ outcome: 'succeeded', exitCode: 0 })],
    });

    expect(causes(pod([good], { state: 'initialized' }), [])).toEqual([]);
  });
});
