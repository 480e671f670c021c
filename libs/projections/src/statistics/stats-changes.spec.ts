import { describe, expect, it } from 'vitest';
import { account, attempt, container, exactly } from '../testing/accounts.js';
import { attemptContribution } from './contribution.js';
import { Baselines } from './baselines.js';
import { StatsChanges } from './stats-changes.js';

const success = (seconds: number, finishedAt = '2026-11-21T11:00:01Z') => {
  const [contribution] =
    attemptContribution(account(), container(), attempt({ duration: exactly(seconds), finishedAt })) ?? [];
  if (!contribution) throw new Error('an ended attempt counts');
  return contribution;
};

describe('StatsChanges', () => {
  it('sums what falls into one row, and takes back exactly', () => {
    const changes = new StatsChanges(1);

    changes.add({ contribution: success(5), times: 1, position: 3 });
    changes.add({ contribution: success(0), times: 1, position: 4 });
    changes.add({ contribution: success(5), times: -1, position: 5 });

    expect(changes.rows).toMatchObject([
      {
        container: 'migrate',
        ended: 1,
        succeeded: 1,
        duration_ms: 0,
        duration_count: 1,
        buckets: { zero: 1 },
        last_position: 5,
      },
    ]);
  });

  it('sums the hours of a day, of the workload and of its namespace, and leaves what was taken back', () => {
    const changes = new StatsChanges(1);
    const other = { ...success(7), workloadName: 'web' };

    changes.add({ contribution: success(5), times: 1, position: 3 });
    changes.add({ contribution: success(5, '2026-11-21T23:59:59Z'), times: 1, position: 4 });
    changes.add({ contribution: success(9, '2026-11-22T00:00:00Z'), times: 1, position: 5 });
    changes.add({ contribution: other, times: 1, position: 6 });
    changes.add({ contribution: other, times: -1, position: 7 });

    expect(
      changes.days.map(({ day, workload_kind: kind, workload_name: name, ended, duration_ms: ms, buckets }) =>
        [day, kind, name, ended, ms, Object.values(buckets).join()].join(' '),
      ),
    ).toEqual([
      '2026-11-21T00:00:00Z Deployment api 2 10000 2',
      '2026-11-21T00:00:00Z   2 10000 2',
      '2026-11-22T00:00:00Z Deployment api 1 9000 1',
      '2026-11-22T00:00:00Z   1 9000 1',
      '2026-11-21T00:00:00Z Deployment web 0 0 ',
    ]);
    expect(changes.days.map(({ last_position: position }) => position)).toEqual([4, 7, 5, 5, 7]);
  });
});

describe('Baselines', () => {
  const key = {
    namespace: 'shop',
    namespaceUid: account().namespaceUid ?? '',
    workloadKind: 'Deployment',
    workloadName: 'api',
    container: 'migrate',
  };
  const at = Date.parse('2026-11-21T12:00:00Z');
  /** A table that has counted two starts of 5 s in this hour, and all events up to a position. */
  const counted = (upTo: number, hour: string) => () =>
    Promise.resolve({ upTo, hours: [{ hour, buckets: { '75': 2 } }] });

  it('counts what this batch counted before the table was asked, and after', async () => {
    const baselines = new Baselines(counted(2, '2026-11-21T10:00:00Z'));
    baselines.add({ contribution: success(5), times: 1, position: 3 });

    const before = await baselines.of(key, at);
    baselines.add({ contribution: success(5), times: 1, position: 4 });
    const after = await baselines.of(key, at);

    expect([before?.samples, after?.samples]).toEqual([3, 4]);
    expect(after?.p99Seconds).toBeCloseTo(5, 0);
  });

  it.each([
    ['has that batch already', 4, 3],
    ['does not have it yet', 2, 4],
  ])('counts a batch that is being written once, whether the table %s', async (_, upTo, samples) => {
    const baselines = new Baselines(counted(upTo, '2026-11-21T10:00:00Z'));
    baselines.add({ contribution: success(5), times: 1, position: 2 });
    baselines.add({ contribution: success(5), times: 1, position: 4 });
    baselines.committed(2);
    baselines.add({ contribution: success(5), times: 1, position: 5 });

    expect((await baselines.of(key, at))?.samples).toBe(samples);
  });

  it('leaves starts out that are older than two weeks', async () => {
    const baselines = new Baselines(counted(2, '2026-11-01T10:00:00Z'));

    expect(await baselines.of(key, at)).toBeNull();
  });
});
