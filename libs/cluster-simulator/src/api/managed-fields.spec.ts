import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.js';
import { ObjectStore } from './object-store.js';

const pod = (labels: Record<string, string>) => ({
  metadata: { name: 'web', namespace: 'default', labels },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
});
const where = { namespace: 'default', name: 'web' };

describe('managedFields', () => {
  const owners = (store: ObjectStore) =>
    (store.get('pods', where).metadata.managedFields ?? []).map(({ manager, time, fieldsV1 }) => ({
      manager,
      time,
      labels: (fieldsV1['f:metadata'] as { 'f:labels'?: object } | undefined)?.['f:labels'],
    }));

  it('pass from one writer to the other with the field', () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const store = new ObjectStore({ clock });
    store.create('pods', pod({ a: '1', b: '1' }), { manager: 'first' });
    clock.advance(5_500);
    store.modify('pods', where, ({ metadata }) => Object.assign(metadata.labels ?? {}, { a: '2' }), {
      manager: 'second',
    });

    expect(owners(store)).toEqual([
      { manager: 'first', time: '2026-01-01T00:00:00Z', labels: { '.': {}, 'f:b': {} } },
      { manager: 'second', time: '2026-01-01T00:00:05Z', labels: { 'f:a': {} } },
    ]);
  });

  it('lose a field that is gone', () => {
    const store = new ObjectStore();
    store.create('pods', pod({ a: '1', b: '1' }), { manager: 'first' });
    store.patch('pods', where, { type: 'merge', body: { metadata: { labels: { a: null } } } }, { manager: 'second' });

    expect(owners(store).map(({ manager, labels }) => ({ manager, labels }))).toEqual([
      { manager: 'first', labels: { '.': {}, 'f:b': {} } },
    ]);
  });

  it('put the oldest of more than ten writers together', () => {
    const clock = new ManualClock();
    const store = new ObjectStore({ clock });
    store.create('pods', pod({}), { manager: 'writer-00' });
    for (let index = 1; index <= 12; index++) {
      clock.advance(1_000);
      const body = { metadata: { labels: { [`l${index}`]: 'x' } } };
      store.patch('pods', where, { type: 'merge', body }, { manager: `writer-${String(index).padStart(2, '0')}` });
    }

    const managers = owners(store).map(({ manager }) => manager);
    expect(managers).toHaveLength(10);
    expect(managers).toContain('ancient-changes');
    expect(managers).not.toContain('writer-00');
  });
});
