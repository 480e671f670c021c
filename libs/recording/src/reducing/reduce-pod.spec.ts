import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseJson } from '#libs/kubernetes';
import { condition, containerStatus, rawPod } from '../testing/raw-pod.js';
import { canonical } from './canonical.js';
import { Masking } from './masking.js';
import { reducePod } from './reduce-pod.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });

const partsOf = (raw: Readonly<Record<string, unknown>>) =>
  Object.fromEntries([...reducePod(raw, masking).parts].map(([name, text]) => [name, JSON.parse(text) as unknown]));

describe('reducePod', () => {
  it('gives each container, container status and condition a part, and keeps their order as names', () => {
    const parts = partsOf(rawPod());

    expect(Object.keys(parts).toSorted()).toEqual([
      'condition.ContainersReady',
      'condition.Initialized',
      'condition.Ready',
      'metadata',
      'spec',
      'spec.container.app',
      'spec.initContainer.prepare',
      'status',
      'status.container.app',
      'status.initContainer.prepare',
    ]);
    expect(parts['spec']).toEqual({ containers: ['app'], initContainers: ['prepare'], restartPolicy: 'Always' });
    expect(parts['status']).toEqual({
      containerStatuses: ['app'],
      initContainerStatuses: ['prepare'],
      phase: 'Running',
    });
  });

  it('keeps the order of containers, which is the order of initialization', () => {
    const initContainers = [{ name: 'z' }, { name: 'a' }, { name: 'm' }];

    expect(partsOf(rawPod({ spec: { initContainers } }))['spec']).toMatchObject({ initContainers: ['z', 'a', 'm'] });
  });

  it('makes the mark of deletion a part of its own', () => {
    const metadata = { deletionTimestamp: '2026-11-21T02:01:00Z', deletionGracePeriodSeconds: 30 };

    const parts = partsOf(rawPod({ metadata }));

    expect(parts['deletion']).toEqual(metadata);
    expect(parts['metadata']).not.toHaveProperty('deletionTimestamp');
  });

  it('has resourceVersion and managedFields in no part', () => {
    const text = [...reducePod(rawPod({ resourceVersion: '424242' }), masking).parts.values()].join('');

    expect(text).not.toMatch(/424242|managedFields|fieldsV1|kubelet/);
  });

  it('loses nothing when two conditions or containers have one name', () => {
    const conditions = [condition('Ready', 'False'), condition('Ready', 'True')];

    const parts = partsOf(rawPod({ status: { conditions } }));

    expect(parts).toMatchObject({ 'condition.Ready': { status: 'False' }, 'condition.Ready#2': { status: 'True' } });
  });

  it('writes lists whose order says nothing in the order of their names', () => {
    const volumes = [
      { name: 'b', emptyDir: {} },
      { name: 'a', configMap: { name: 'x' } },
    ];

    expect(partsOf(rawPod({ spec: { volumes } }))['spec']).toMatchObject({
      volumes: [
        { configMap: { name: 'x' }, name: 'a' },
        { emptyDir: {}, name: 'b' },
      ],
    });
  });

  it('cuts long messages and says so beside them', () => {
    const terminated = { exitCode: 1, message: 'no '.repeat(4_000) };
    const status = { initContainerStatuses: [containerStatus('prepare', { state: { terminated } })] };

    const part = partsOf(rawPod({ status }))['status.initContainer.prepare'] as {
      state: { terminated: { message: string } };
    };

    expect(part.state.terminated).toMatchObject({ exitCode: 1, truncated: true });
    expect(Buffer.byteLength(part.state.terminated.message)).toBe(4_096);
  });

  it('keeps an unknown path under status, drops one under spec, and counts both', () => {
    const unknownPath = vi.fn<(path: string, kept: boolean) => void>();
    const counting = new Masking({ key: 'a key', commands: 'masked', unknownPath });
    const novelty = { level: 3, note: 'token=abc123' };

    const { parts } = reducePod(rawPod({ spec: { novelty }, status: { phase: 'Pending', novelty } }), counting);

    expect(JSON.parse(parts.get('status') ?? '')).toMatchObject({
      novelty: { level: 3, note: expect.stringMatching(/^token=<masked:/) as string },
    });
    expect(parts.get('spec')).not.toContain('novelty');
    expect(unknownPath.mock.calls).toEqual([
      ['Pod.spec.novelty', false],
      ['Pod.status.novelty', true],
    ]);
  });

  it('keeps numbers beyond 2^53 digit for digit', () => {
    const frame = `{"metadata":{"uid":"u"},"spec":{"tolerations":[{"tolerationSeconds":9223372036854775807}]},
      "status":{"resources":{"limits":{"memory":"9007199254740988Ki"}}}}`;

    const { parts } = reducePod(parseJson(frame) as Record<string, unknown>, masking);

    expect(parts.get('spec')).toBe('{"tolerations":[{"tolerationSeconds":9223372036854775807}]}');
    expect(parts.get('status')).toBe('{"resources":{"limits":{"memory":"9007199254740988Ki"}}}');
  });

  it('has no NUL in any part, not in keys either', () => {
    const labels = { 'a\u0000b': 'c\u0000d', plain: '\ud800' };

    const text = [...reducePod(rawPod({ metadata: { labels } }), masking).parts.values()].join('');

    expect(text).toContain('"labels":{"a\uFFFDb":"c\uFFFDd","plain":"\uFFFD"}');
    expect(text).not.toMatch(/\\u0000|\\ud800/);
  });

  it('is not misled by keys that objects inherit', () => {
    const frame = `{"metadata":{"uid":"u","labels":{"__proto__":"x","constructor":"y"}},"status":{"__proto__":{"phase":"Running"}}}`;

    const { parts } = reducePod(parseJson(frame) as Record<string, unknown>, masking);

    expect(parts.get('metadata')).toBe('{"labels":{"__proto__":"x","constructor":"y"},"uid":"u"}');
    expect(parts.get('status')).toBe('{"__proto__":{"phase":"Running"}}');
  });

  it.each(['containers', 'initContainers', 'volumes', 'restartPolicy', 'tolerations'])(
    'does not throw when spec.%s has another shape',
    (key) => {
      for (const value of [null, 1, 'x', [], [null, 1, 'x', []], {}, { a: 1 }, true]) {
        expect(reducePod(rawPod({ spec: { [key]: value } }), masking).uid).not.toBe('');
      }
    },
  );

  it('gives canonical text for whatever JSON is thrown at it, and never throws', () => {
    const keys = fc.constantFrom(
      'metadata',
      'spec',
      'status',
      'name',
      'conditions',
      'containers',
      'command',
      'env',
      'labels',
      '__proto__',
      'state',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.string({ unit: 'binary' }),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('tree'), { maxLength: 4 }),
      object: fc.dictionary(keys, tie('tree'), { maxKeys: 6 }),
    }));
    const objects = fc.record({ metadata: tree, spec: tree, status: tree });

    const wrong = fc.check(
      fc.property(objects, (raw) =>
        [...reducePod(raw, masking).parts.values()].every((text) => canonical(parseJson(text)) === text),
      ),
      { numRuns: 500 },
    );

    expect(wrong.counterexample).toBeNull();
  });
});
