import { describe, expect, it } from 'vitest';
import type { Line } from '../recordings/reader.js';
import { CorpusRecorder } from './recording-of.js';
import { cellsOf, stepAt, stepsOf } from './stored-reader.js';

const second = 1_000;

type Shape = Readonly<{ ready: boolean; second?: 'runs' | 'completed' }>;

/** A pod whose probe flaps every ten seconds, beside a second container. */
function flapping(shapes: readonly Shape[]): Line[] {
  return shapes.map((shape, at) => ({
    receivedAt: new Date(Date.UTC(2026, 10, 21, 2) + at * 10 * second).toISOString(),
    resource: 'pods',
    frame: JSON.stringify({ type: at === 0 ? 'ADDED' : 'MODIFIED', object: pod(shape, at) }),
  }));
}

function pod({ ready, second: other = 'runs' }: Shape, at: number): object {
  const flag = ready ? 'True' : 'False';
  const running = { running: { startedAt: '2026-11-21T01:59:00Z' } };
  const completed = { terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-11-21T01:59:30Z' } };
  return {
    metadata: { name: 'web', uid: '00000000-0000-4000-8000-000000000001', resourceVersion: String(100 + at) },
    spec: { containers: [{ name: 'app' }, { name: 'other' }] },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: flag, lastTransitionTime: `2026-11-21T02:00:${10 + at}Z` },
      ],
      containerStatuses: [
        { name: 'other', restartCount: 0, ready: other === 'runs', state: other === 'runs' ? running : completed },
        { name: 'app', restartCount: 0, ready, state: running },
      ],
    },
  };
}

function stored(shapes: readonly Shape[]) {
  return new CorpusRecorder(true).record(flapping(shapes)).drafts.map(({ body }) => body);
}

const flaps = Array.from({ length: 13 }, (_, at) => ({ ready: at % 2 === 0 }));

describe('a pod whose probe flaps for two minutes', () => {
  it('is stored once a minute, and what is stored tells how often it flapped', () => {
    const coalesced = stored(flaps).map((body) => (JSON.parse(body) as { coalesced?: number }).coalesced ?? 0);

    // First seen, the first flap at once, then at 70 s what happened since 20 s, and at the end the rest.
    expect(coalesced).toEqual([0, 0, 4, 5]);
    expect(coalesced.length + 4 + 5).toBe(flaps.length);
  });

  it('ends in the state that it was last seen in', () => {
    const last = stepsOf(stored(flaps)).at(-1);

    expect(last).toMatchObject({ resourceVersion: '112', parts: { 'status.container.app': { ready: true } } });
  });

  it('has the same STATUS at every frame as without holding', () => {
    const steps = stepsOf(stored(flaps));
    const all = stepsOf(new CorpusRecorder(false).record(flapping(flaps)).drafts.map(({ body }) => body));

    const told = all.map(({ resourceVersion }) => cellsOf(stepAt(steps, resourceVersion ?? '')?.parts ?? {}).status);

    expect(told).toEqual(all.map(({ parts }) => cellsOf(parts).status));
  });

  it('is stored flap by flap while STATUS depends on it: beside a container that has ended', () => {
    const beside = flaps.map((shape) => ({ ...shape, second: 'completed' as const }));
    const steps = stepsOf(stored(beside));

    expect(steps.map(({ parts }) => cellsOf(parts).status)).toEqual(
      beside.map(({ ready }) => (ready ? 'Running' : 'Completed')),
    );
  });

  it('carries what was held with the next change of another kind', () => {
    const shapes: Shape[] = [{ ready: true }, { ready: false }, { ready: true }, { ready: false, second: 'completed' }];

    const last = JSON.parse(stored(shapes).at(-1) ?? '') as object;

    expect(last).toMatchObject({
      coalesced: 1,
      resourceVersion: '103',
      parts: { 'status.container.other': { ready: false }, 'condition.Ready': { status: 'False' } },
    });
  });
});
