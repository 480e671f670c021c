import { describe, expect, it } from 'vitest';
import { patched } from './patches.js';

const strategic = (object: object, body: unknown) => patched(object as never, { type: 'strategic', body }, 'Pod');
const json = (object: object, body: unknown) => patched(object as never, { type: 'json', body }, 'Pod');

describe('a strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
        { name: 'b', image: '1' },
      ],
    },
  };

  it('merges containers by name and what is in them likewise', () => {
    const body = { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] } };

    expect(strategic(pod, body)).toEqual({
      spec: {
        containers: [
          {
            name: 'a',
            image: '1',
            env: [
              { name: 'Y', value: '2' },
              { name: 'X', value: '1' },
            ],
          },
          { name: 'b', image: '1' },
        ],
      },
    });
  });

  it('removes what it says to delete', () => {
    expect(strategic(pod, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } })).toEqual({
      spec: { containers: [{ name: 'b', image: '1' }] },
    });
  });

  it('replaces a list when told', () => {
    expect(strategic(pod, { spec: { containers: [{ $patch: 'replace' }, { name: 'c' }] } })).toEqual({
      spec: { containers: [{ name: 'c' }] },
    });
  });

  it('keeps the order that it names', () => {
    const body = {
      status: {
        '$setElementOrder/conditions': [{ type: 'C' }, { type: 'A' }],
        conditions: [{ type: 'C', status: 'True' }],
      },
    };
    const known = { status: { conditions: [{ type: 'A' }, { type: 'Z' }] } };

    expect(strategic(known, body)).toEqual({
      status: { conditions: [{ type: 'C', status: 'True' }, { type: 'A' }, { type: 'Z' }] },
    });
  });

  it('takes items out of a set, and fields away', () => {
    const known = { metadata: { finalizers: ['a', 'b'], labels: { x: '1', y: '2' } } };
    const body = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], labels: { x: null } } };

    expect(strategic(known, body)).toEqual({ metadata: { finalizers: ['b'], labels: { y: '2' } } });
  });

  it('replaces container statuses as a whole', () => {
    const known = { status: { containerStatuses: [{ name: 'a', ready: true }] } };

    expect(strategic(known, { status: { containerStatuses: [{ name: 'a' }] } })).toEqual({
      status: { containerStatuses: [{ name: 'a' }] },
    });
  });

  it('leaves what it was given as it was', () => {
    const before = structuredClone(pod);
    strategic(pod, { spec: { containers: [{ name: 'a', image: '2' }] } });

    expect(pod).toEqual(before);
  });
});

describe('a JSON patch', () => {
  it.each([
    [[{ op: 'add', path: '/list/-', value: 3 }], { list: [1, 2, 3], 'a/b': 1 }],
    [[{ op: 'add', path: '/list/0', value: 0 }], { list: [0, 1, 2], 'a/b': 1 }],
    [[{ op: 'replace', path: '/a~1b', value: 2 }], { list: [1, 2], 'a/b': 2 }],
    [[{ op: 'move', from: '/a~1b', path: '/c' }], { list: [1, 2], c: 1 }],
    [[{ op: 'copy', from: '/list', path: '/more' }], { list: [1, 2], 'a/b': 1, more: [1, 2] }],
    [
      [
        { op: 'test', path: '/list', value: [1, 2] },
        { op: 'remove', path: '/list/1' },
      ],
      { list: [1], 'a/b': 1 },
    ],
  ])('does %j', (body, expected) => {
    expect(json({ list: [1, 2], 'a/b': 1 }, body)).toEqual(expected);
  });

  it.each([
    [[{ op: 'remove', path: '/none' }]],
    [[{ op: 'replace', path: '/none', value: 1 }]],
    [[{ op: 'add', path: '/none/at/all', value: 1 }]],
    [[{ op: 'test', path: '/list', value: [] }]],
  ])('does not fit: %j', (body) => {
    expect(() => json({ list: [1] }, body)).toThrow(expect.objectContaining({ code: 422 }));
  });
});
