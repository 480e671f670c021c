import { describe, expect, it } from 'vitest';
import { Tally, toJsonLines, toText } from './tell.js';

const pod = (uid: string, paths: readonly string[], error: string | null = null) => ({
  shardId: 1,
  uid,
  namespace: 'shop',
  name: 'api',
  rules: { from: '1', to: '2' },
  differences: paths.map((path) => ({ path, from: null, to: 'x'.repeat(200) })),
  error,
});

describe('Tally', () => {
  it('counts pods by field, whatever is in lists is called, and happenings by their type', () => {
    const tally = new Tally();
    tally.add(pod('a', ['cycles[1].category', 'cycles[2].category', 'happenings.7 InitContainerStarted 0f-1.at']));
    tally.add(pod('b', ['cycles[1].category']));
    tally.add(pod('c', []));

    expect(tally.fields()).toBe(
      '       2  cycles[].category  (a)\n       1  happenings.InitContainerStarted.at  (a)\n',
    );
    expect(tally.line()).toBe('3 pods, in force by rules 1, read again by rules 2: 2 differ.\n');
  });

  it('says so when there was nothing to read', () => {
    expect(new Tally().line()).toBe('Nothing was recorded of any such pod.\n');
  });
});

describe('one pod', () => {
  it('is shown to people with long values cut, and to programs whole', () => {
    expect(toText(pod('a', ['message']))).toContain(`message: null → "${'x'.repeat(119)}…`);
    expect(JSON.parse(toJsonLines(pod('a', ['message'])))).toMatchObject({ to: 'x'.repeat(200) });
  });

  it('that cannot be read says why', () => {
    expect(toText(pod('a', [], 'Error: no\n  at x'))).toContain('  cannot be read: Error: no\n');
    expect(JSON.parse(toJsonLines(pod('a', [], 'Error: no')))).toMatchObject({ uid: 'a', error: 'Error: no' });
  });
});
