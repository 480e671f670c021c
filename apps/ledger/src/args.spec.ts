import { describe, expect, it } from 'vitest';
import { readArgs } from './args.js';

describe('the arguments of ledger', () => {
  it('default to the data folder, and to the checkpoints published beside it', () => {
    expect(readArgs(['verify'], {})).toEqual({
      command: 'verify',
      where: { folder: './data' },
      shard: undefined,
      keys: [],
      checkpoints: ['./data.checkpoints'],
      json: false,
    });
  });

  it('take the database of the environment, of which no file is known', () => {
    const env = { DATABASE_URL: 'postgres://h/d', DATA: '/srv/data' };

    expect(readArgs(['verify'], env)).toMatchObject({ where: { url: 'postgres://h/d' }, checkpoints: [] });
    expect(readArgs(['verify'], { ...env, CHECKPOINTS_FILE: '/mnt/c' })).toMatchObject({ checkpoints: ['/mnt/c'] });
    expect(readArgs(['rotate-key'], env)).toEqual({
      command: 'rotate-key',
      data: '/srv/data',
      ledgerKeyFile: undefined,
    });
  });

  it('name one event', () => {
    expect(readArgs(['prove', '--shard', '1', '--position', '42', '--acts'], {})).toMatchObject({
      command: 'prove',
      shard: 1,
      position: 42,
      log: 'act_event',
    });
  });

  it('say how much is kept, and with what the record of it is sealed', () => {
    expect(readArgs(['retain', '--dry-run'], { RETENTION_DAYS: '90', ARCHIVE_FOLDER: '/mnt/a' })).toEqual({
      command: 'retain',
      where: { folder: './data' },
      keyFile: './data/ledger-key.pem',
      checkpointsFile: './data.checkpoints',
      days: 90,
      dryRun: true,
      archiveFolder: '/mnt/a',
    });
    expect(readArgs(['retain'], { DATABASE_URL: 'postgres://h/d' })).toMatchObject({ days: null, keyFile: undefined });
    expect(readArgs(['retain'], { RETENTION_DAYS: 'forever' })).toMatchObject({ days: null });
  });

  it('say what is to be taken away, and where to', () => {
    const all = { command: 'export', where: { folder: './data' }, folder: '/mnt/a', shard: undefined };

    expect(readArgs(['export', '--folder', '/mnt/a'], {})).toEqual({ ...all, weeks: undefined, acts: true });
    expect(readArgs(['export', '--folder', '/mnt/a', '--week', '2026w02', '--week', '2026w03'], {})).toEqual({
      ...all,
      weeks: ['2026w02', '2026w03'],
      acts: false,
    });
    expect(readArgs(['export', '--folder', '/mnt/a', '--week', '2026w02', '--acts'], {})).toMatchObject({ acts: true });
  });

  it('say what is to be brought back, by whom and why', () => {
    const argv = ['import', 'a.zst', 'b.zst', '--key', 'k', '--acts-file', 'c.zst', '--reason', 'r', '--author', 'a'];

    expect(readArgs(argv, {})).toEqual({
      command: 'import',
      where: { folder: './data' },
      keyFile: './data/ledger-key.pem',
      checkpointsFile: './data.checkpoints',
      files: ['a.zst', 'b.zst'],
      keys: ['k'],
      actsFile: 'c.zst',
      clusterName: undefined,
      reason: 'r',
      author: 'a',
    });
  });

  it('ask for help', () => expect(readArgs(['verify', '--help'], {})).toBeUndefined());

  it.each([
    [[], /^Nothing: is no command/],
    [['verify', 'all'], /^verify all: is no command/],
    [['check'], /^check: is no command/],
    [['prove', '--shard', '1'], /^--position: is needed/],
    [['prove', '--shard', 'one', '--position', '1'], /^--shard one: is not a whole number/],
    [['prove', '--shard', '1', '--position', '-1'], /--position/],
    [['export'], /^--folder: is needed/],
    [['export', '--folder', 'a', '--week', '2'], /^--week 2: is no week/],
    [['import', '--reason', 'r', '--author', 'a'], /^import: name the archives/],
    [['import', 'a.zst', '--reason', 'r'], /^--author: is needed/],
    [['retain', '--days', '3'], /^--days 3: at least 7/],
    [['hold', '--from', '2026-01-01', '--to', '2026-01-02', '--reason', 'r'], /^--author: is needed/],
    [
      ['hold', '--from', 'monday', '--to', '2026-01-02', '--reason', 'r', '--author', 'a'],
      /^--from monday: is no time/,
    ],
    [['hold', '--from', '2026-01-02', '--to', '2026-01-02', '--reason', 'r', '--author', 'a'], /is not after --from/],
    [['erase', '--shard', '1', '--reason', 'r', '--author', 'a'], /^erase: --containing or --position is needed/],
    [['erase', '--shard', '1', '--containing', 'abc', '--reason', 'r', '--author', 'a'], /^--containing: give four/],
    [['keys', '--json'], /^--json: keys does not take it/],
    [['verify', '--what'], /Unknown option '--what'/],
  ])('%j are refused', (argv, message) => {
    expect(() => readArgs(argv, {})).toThrow(
      expect.objectContaining({ code: 'settings-invalid', message: expect.stringMatching(message) }),
    );
  });
});
