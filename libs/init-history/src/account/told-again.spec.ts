/** What an account takes over from the one before is what it would come to by itself. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noContext, nothingKnown, podAccount, type Context, type PodHistory } from '../index.js';
import { anyTimedPod } from '../testing/any-timed-life.js';
import { anyPod, Watched, type RawPod } from '../testing/index.js';
import { timedLifeOf } from '../testing/timed-life.js';

const uid = '11111111-2222-4333-8444-555555555555';

const onNode = (kubeletVersion: string): Context => ({
  ...noContext,
  node: { name: 'node-a', uid: 'u', bootId: 'b', kubeletVersion, zone: null, ready: null },
});

const gapped = (from: number): Context => ({
  ...noContext,
  gaps: [
    {
      position: 1,
      resource: 'pods',
      from: new Date(from).toISOString(),
      to: new Date(from + 9_000).toISOString(),
      cause: 'stopped',
    },
  ],
});

/** A history of which nothing was told before: none of its objects is known. */
const anew = (history: PodHistory): PodHistory => structuredClone(history);

/** Milliseconds around a look at which it is asked about: before it, with it, a moment later, much later. */
const whens = fc.array(
  fc.oneof(fc.integer({ min: -90_000, max: 0 }), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 9e6 })),
  { minLength: 1, maxLength: 4 },
);

/** The account at each of these times, and what it comes to by itself. */
const toldTwice = (history: PodHistory, times: readonly number[], context: Context) => ({
  told: times.map((at) => podAccount(history, at, context)),
  byItself: times.map((at) => podAccount(anew(history), at, context)),
});

describe('an account', () => {
  it('says after others what it says by itself, at every look of any life, whenever that is', () => {
    fc.assert(
      fc.property(
        anyTimedPod,
        fc.array(fc.constantFrom('none', 'old', 'old', 'new', 'gap'), { minLength: 1, maxLength: 40 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
        fc.array(whens, { minLength: 1, maxLength: 40 }),
        (pod, contexts, heard, later) => {
          const life = timedLifeOf(pod);
          const known = { none: noContext, old: onNode('v1.33.0'), new: onNode('v1.36.3'), gap: gapped(pod.from) };
          const watched = new Watched();
          for (const [i, step] of life.steps.entries()) {
            const receivedAt = new Date(step.receivedAt).toISOString();
            watched.context = known[contexts[i % contexts.length] ?? 'none'];
            if ('event' in step && heard[i % heard.length]) watched.event(uid, step.event, receivedAt);
            if ('pod' in step) watched.look({ pod: step.pod, receivedAt });
            const times = (later[i % later.length] ?? []).map((ms) => step.receivedAt + ms);
            const history = watched.pods.get(uid) ?? nothingKnown;
            for (const context of Object.values(known)) {
              const { told, byItself } = toldTwice(history, times, context);
              expect(told).toEqual(byItself);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('says so of whatever pods an API server would show one after another under one uid', () => {
    const begun = Date.parse('2026-11-21T00:00:00Z');
    const named = (pod: RawPod, version: number): RawPod => ({
      ...pod,
      metadata: { ...(pod['metadata'] as RawPod), uid, resourceVersion: String(version) },
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyPod, whens), { minLength: 1, maxLength: 6 }), (looks) => {
        const watched = new Watched();
        looks.forEach(([pod, later], i) => {
          const seen = begun + i * 10_000;
          const history = watched.look({ pod: named(pod, i), receivedAt: new Date(seen).toISOString() });
          const times = later.map((ms) => seen + ms);
          const { told, byItself } = toldTwice(history, times, watched.context);
          expect(told).toEqual(byItself);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('says so where all that is new is what a status says of a wait', () => {
    const waiting = (message: string, version: number): RawPod => ({
      metadata: { name: 'any', namespace: 'default', uid, resourceVersion: String(version) },
      spec: { nodeName: 'node-a', initContainers: [{ name: 'a' }], containers: [{ name: 'm' }] },
      status: {
        phase: 'Pending',
        startTime: '2026-11-21T00:00:00Z',
        initContainerStatuses: [
          { name: 'a', restartCount: 0, state: { waiting: { reason: 'ErrImagePull', message } } },
        ],
      },
    });
    const watched = new Watched();
    const receivedAt = '2026-11-21T00:00:02.000Z';
    const later = Date.parse(receivedAt) + 60_000;
    for (const [i, message] of ['not found', 'back-off'].entries()) {
      const history = watched.look({ pod: waiting(message, i), receivedAt });
      const [container] = podAccount(history, later, noContext).cycles[0]?.initContainers ?? [];
      expect(container?.waitingMessage).toBe(message);
    }
  });

  it('takes over the cycles in which nothing runs, as the same objects', () => {
    const init = [{ sidecar: false, startupMs: 0, runs: [ok] }];
    const life = timedLifeOf({ ...waits, from: Date.parse('2026-11-21T08:00:00Z'), kubelet: 36, init, again: false });
    const watched = new Watched();
    for (const step of life.steps)
      if ('pod' in step) watched.look({ pod: step.pod, receivedAt: new Date(step.receivedAt).toISOString() });
    const history = watched.pods.get(uid);
    if (!history) throw new Error('no history');
    const [one, other] = [60_000, 90_000].map((ms) => podAccount(history, life.end + ms, noContext).cycles[0]);
    expect(one?.outcome).toBe('completed');
    expect(one).toBe(other);
  });
});

const waits = { gatedMs: 0, schedulingMs: 9, acceptanceMs: 9, sandboxMs: 9, appMs: 9 };
const ok = { queueMs: 0, pullMs: 0, createMs: 5, runMs: 900, exitCode: 0, restMs: 5 };
