import { describe, expect, it } from 'vitest';

import { describeSettings, readSettings } from './settings.js';
import { SettingsSchema } from './settings.schema.js';

const problemsOf = (argv: string[], env: Record<string, string> = {}): string[] => {
  try {
    readSettings(argv, env);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'settings-invalid' });
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
};

describe('readSettings', () => {
  it('needs nothing to be told', () => {
    expect(readSettings([], {})).toMatchObject({ host: '127.0.0.1', port: 7411, data: './data', namespace: [] });
  });

  it('takes a flag before its variable, and a variable before the default', () => {
    const env = { PORT: '8000', HOST: '0.0.0.0', DATA: '' };

    expect(readSettings(['--port', '9000'], env)).toMatchObject({ port: 9000, host: '0.0.0.0', data: './data' });
  });

  it('collects what may be given several times, by flags or by commas', () => {
    expect(readSettings(['--namespace', 'a', '--namespace=b'], { NAMESPACE: 'c' }).namespace).toEqual(['a', 'b']);
    expect(readSettings([], { NAMESPACE: 'c, d' }).namespace).toEqual(['c', 'd']);
  });

  it('keeps observations for 90 days, for as many as it is told, or for ever', () => {
    expect(readSettings([], {}).retentionDays).toBe(90);
    expect(readSettings(['--retention-days', '30'], {}).retentionDays).toBe(30);
    expect(readSettings([], { RETENTION_DAYS: 'forever' }).retentionDays).toBe('forever');
    for (const wrong of ['6', '0', 'never', '1.5'])
      expect(problemsOf(['--retention-days', wrong])).toEqual([
        '--retention-days: must be a whole number from 7 to 36500, or forever',
      ]);
  });

  it('reads switches as flags, and as words in variables', () => {
    expect(readSettings(['--all-namespaces'], {}).allNamespaces).toBe(true);
    expect(readSettings([], { ALL_NAMESPACES: 'false' }).allNamespaces).toBe(false);
  });

  it.each([
    [['--port='], '--port: needs a value'],
    [['--port', '0x10'], '--port: must be a whole number from 0 to 65535'],
    [['--port', '1e3'], '--port: must be a whole number from 0 to 65535'],
    [['--stuck-factor', 'NaN'], '--stuck-factor: must be a number above 0'],
    [['--all-namespaces=maybe'], '--all-namespaces: must be true or false'],
    [['--log-level', 'loud'], '--log-level: must be trace, debug, info, warn, error or silent'],
    [['--namespace', 'Bad_Name'], '--namespace: must be a namespace: small letters, digits and hyphens, 63 at most'],
    [['--access-token', 'short'], '--access-token: must have 16 characters at least'],
  ])('says of %j in plain words what would be right', (argv, problem) => {
    expect(problemsOf(argv)).toEqual([problem]);
  });

  it('lists everything wrong at once', () => {
    const problems = problemsOf(['--port', '70000', '--prot', '1', 'start', '--log-level'], {
      DATABASE_URL: 'mysql://x',
      STUCK_FACTOR: '-1',
    });

    expect(problems).toEqual([
      '--prot: there is no such flag',
      'start: is not a flag; every setting has one',
      '--log-level: needs a value',
      expect.stringMatching(/^--port: .*65535/u),
      'DATABASE_URL: must be a URL that starts with postgres:// or postgresql://',
      expect.stringMatching(/^STUCK_FACTOR: /u),
    ]);
  });

  it.each([
    [['--database', 'postgres://h/d'], '--database: there is no such flag; --database-url is one'],
    [['--port', '1', '--port', '2'], '--port: is given twice'],
    [['--source', 'docker'], '--source: must be kubernetes, demo or recording:FILE'],
    [['--source', 'recording:'], '--source: must be kubernetes, demo or recording:FILE'],
    [
      ['--source', 'recording:a', '--recording-pace', 'slow'],
      '--recording-pace: must be fast, real or a number of times, such as 10x',
    ],
    [['--source', 'recording:a', '--recording-pace', '0x'], '--recording-pace: must be above 0'],
    [['--recording-pace', '10x'], '--recording-pace is about --source recording:FILE'],
    [
      ['--source', 'recording:a', '--leader-election'],
      '--leader-election needs a cluster that holds the Lease, and a recording is none',
    ],
    [['--write-recording-verbatim'], '--write-recording-verbatim is about --write-recording FILE, which is not given'],
    [['--access', 'token'], '--access token needs ACCESS_TOKEN'],
    [
      ['--all-namespaces', '--namespace', 'a'],
      '--all-namespaces and --namespace contradict each other: give one of them',
    ],
    [['--slice', '1'], '--slice: must be K/N, such as 0/2'],
    [['--slice', '2/2'], '--slice: must be K/N with K below N and N from 2 to 128'],
    [['--slice', '0/2', '--slice-by', 'name'], '--slice-by: must be hash or range'],
    [['--slice-by', 'range'], '--slice-by says how slices are divided, and --slice, which one this is, is not given'],
    [['--slice', '0/1'], '--slice: must be K/N with K below N and N from 2 to 128'],
    [
      ['--slice', '0/2', '--namespace', 'a'],
      '--slice and --namespace contradict each other: a slice is made of all namespaces',
    ],
    [
      ['--slice', '0/2', '--write-recording', 'f'],
      '--write-recording writes what the API server says of a whole cluster, and --slice records a part of one',
    ],
    [
      ['--slice', '0/2', '--source', 'recording:a'],
      '--slice is about a cluster that several recorders watch, and a recording has one reader',
    ],
    [['--webhook-secret', 's'], 'WEBHOOK_SECRET signs what is posted to WEBHOOK_URL, which is not given'],
  ])('refuses %j', (argv, problem) => {
    expect(problemsOf(argv)).toContain(problem);
  });
});

describe('describeSettings', () => {
  it('says of every setting its flag, its variable and its meaning', () => {
    const rows = describeSettings();

    expect(rows).toHaveLength(Object.keys(SettingsSchema.shape).length);
    expect(rows).toContainEqual({
      flag: '--stuck-floor-seconds …',
      variable: 'STUCK_FLOOR_SECONDS',
      byDefault: '60',
      meaning: 'Never call anything stuck earlier than this',
    });
    expect(rows.filter(({ meaning }) => meaning === '')).toEqual([]);
  });
});
