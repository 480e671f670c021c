/** Findings about what an init container waits for. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../account.js';
import { end, ended, second, waiting, type Frame } from '../testing/frame.js';
import { toldOf } from '../testing/told.js';

type Bag = Record<string, unknown>;

const spec = (command: readonly string[]): Bag => ({
  initContainers: [{ name: 'a', image: 'busybox', command }, { name: 'b' }],
});
const wait = ['sh', '-c', 'nc -z db 5432'];
const fails = (count: number, seconds: number, message?: string): Bag => {
  const id = `a${count}`;
  const [from, to] = [3 + count * 100, 3 + count * 100 + seconds];
  const status = ended(id, [from, to], 1, count);
  const terminated = { ...end(id, [from, to], 1), ...(message === undefined ? {} : { message }) };
  return { ...status, state: { terminated } };
};
const told = (...frames: readonly Frame[]): readonly Finding[] => toldOf(...frames).findings;

describe('a wait that fails', () => {
  it('soon and again is run again by the kubelet: that is when it looks', () => {
    const [one, two] = [fails(0, 1), fails(1, 2)].map((a) => ({ a, spec: spec(wait) }));

    expect(told(one as Frame, two as Frame)).toEqual([
      {
        kind: 'dependencyRetried',
        summary:
          'a looked for db:5432 and failed within 30 s 2 times: the kubelet’s back-off decides when it looks again',
        container: 'a',
        confidence: 'strong',
        evidence: [0, 1],
        at: second(105),
      },
    ]);
  });

  it.each<[string, readonly Frame[]]>([
    ['once', [{ a: fails(0, 1), spec: spec(wait) }]],
    ['after a while, for it waited itself', [0, 1].map((count) => ({ a: fails(count, 60), spec: spec(wait) }))],
    ['but is no wait', [0, 1].map((count) => ({ a: fails(count, 1), spec: spec(['/app/seed']) }))],
    [
      'but is out of memory',
      [0, 1].map((count) => ({
        a: {
          containerID: `a${count}`,
          restartCount: count,
          state: { terminated: { ...end(`a${count}`, [3 + count * 9, 4 + count * 9], 137), reason: 'OOMKilled' } },
        },
        spec: spec(wait),
      })),
    ],
  ])('%s: nothing', (_, frames) => {
    expect(told(...frames)).toEqual([]);
  });
});

describe('last words', () => {
  const refused = 'dial tcp db:5432: connect: connection refused';

  it('name what was not to be reached, and from then on what it waits for', () => {
    const account = toldOf({ a: fails(0, 60, refused), spec: spec(['/app/migrate']) });
    const [container] = account.cycles[0]?.initContainers ?? [];

    expect(account.findings).toEqual([
      {
        kind: 'dependencyUnreachable',
        summary: `a failed once because it could not reach db:5432: ${refused}`,
        container: 'a',
        confidence: 'strong',
        evidence: [0],
        at: second(63),
      },
    ]);
    expect([container?.category, container?.waitsFor]).toEqual(['CRASH', 'db:5432']);
  });

  it('of something else name nothing', () => {
    expect(told({ a: fails(0, 60, 'relation "users" does not exist'), spec: spec(['/app/migrate']) })).toEqual([]);
  });

  it('do not take the place of what the spec says', () => {
    const account = toldOf({
      a: fails(0, 60, 'dial tcp 10.0.0.7:5432: connect: connection refused'),
      spec: spec(wait),
    });

    expect(account.cycles[0]?.initContainers[0]?.waitsFor).toBe('db:5432');
  });
});

it('says nothing of a pod that waits and runs', () => {
  expect(told({ a: waiting('PodInitializing'), spec: spec(wait) })).toEqual([]);
});
