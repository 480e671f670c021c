import { describe, expect, test } from 'vitest';
import { onTerm, playCommand, probeSucceeds, startErrorOf, type Ending, type Surroundings } from './shell.js';

function surroundings({ limited = false, services = [] as string[], files = new Map<string, number>() } = {}) {
  const printed: string[] = [];
  const around: Surroundings = {
    files: { get: (path) => files.get(path), set: (path, lines) => void files.set(path, lines) },
    print: (line) => void printed.push(line),
    memoryLimited: limited,
    serviceExists: (name) => services.includes(name),
  };
  return { around, printed, services };
}

function run(
  command: readonly string[],
  around = surroundings().around,
  atMostMs = Number.POSITIVE_INFINITY,
): Ending & { tookMs: number } {
  const course = playCommand(command, around);
  let tookMs = 0;
  for (let step = course.next(); ; step = course.next()) {
    if (step.done) return { ...step.value, tookMs };
    tookMs += step.value;
    if (tookMs > atMostMs) throw new Error('it did not end');
  }
}

const sh = (script: string, around = surroundings().around) => run(['sh', '-c', script], around, 1e7);

describe('a command', () => {
  test('sleeps as long as it says and succeeds', () => {
    expect(run(['sleep', '2'])).toMatchObject({ exitCode: 0, reason: 'Completed', tookMs: 2030 });
  });

  test.each([
    ['exit 42', 42],
    ['false', 1],
    ['/etc/passwd', 126],
    ['no-such-command', 127],
    ['kill -9 $$', 137],
    ['kill -TERM $$', 143],
  ])('ends with the code of %s', (script, exitCode) => {
    expect(sh(`sleep 1; ${script}`)).toMatchObject({ exitCode, reason: 'Error' });
  });

  test('is killed when it fills its memory, and only if that is limited', () => {
    expect(sh('sleep 1; exec tail /dev/zero', surroundings({ limited: true }).around)).toMatchObject({
      exitCode: 137,
      reason: 'OOMKilled',
    });
    expect(sh('exec tail /dev/zero').reason).not.toBe('OOMKilled');
  });

  test('whose child is killed for its memory says so whatever its own exit code', () => {
    const { around } = surroundings({ limited: true });
    expect(sh('tail /dev/zero; exit 0', around)).toMatchObject({ exitCode: 0, reason: 'OOMKilled' });
  });

  test('counts its tries in a file of the volume', () => {
    const { around } = surroundings();
    const ends = Array.from(
      { length: 4 },
      () => sh('echo x >> /state/tries; [ $(wc -l < /state/tries) -gt 3 ]', around).exitCode,
    );
    expect(ends).toEqual([1, 1, 1, 0]);
  });

  test('waits until its service is there', () => {
    const { around, services, printed } = surroundings();
    const course = playCommand(
      ['sh', '-c', 'until nslookup db.shop.svc.cluster.local; do echo waiting for db; sleep 2; done'],
      around,
    );
    expect([course.next().value, course.next().value, course.next().value]).toEqual([30, 2000, 2000]);
    services.push('db');
    expect(course.next()).toMatchObject({ done: true, value: { exitCode: 0 } });
    expect(printed).toEqual(['waiting for db', 'waiting for db']);
  });

  test('leaves a termination message', () => {
    expect(sh('echo "table \\"users\\" is locked" > /dev/termination-log; exit 3')).toMatchObject({
      exitCode: 3,
      message: 'table "users" is locked\n',
    });
  });

  test('of the image itself never ends, and obeys SIGTERM', () => {
    expect(playCommand([], surroundings().around).next().value).toBe(Number.POSITIVE_INFINITY);
    expect(onTerm([])).toMatchObject({ exitCode: 0 });
  });
});

test('number 1 of a container ignores SIGTERM unless it catches it', () => {
  expect(onTerm(['sleep', '600'])).toBeUndefined();
  expect(onTerm(['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'])).toMatchObject({ exitCode: 0 });
});

test('a probe succeeds once its file is there', () => {
  const { around } = surroundings();
  expect(probeSucceeds(['test', '-f', '/tmp/ready'], around)).toBe(false);
  around.files.set('/tmp/ready', 0);
  expect(probeSucceeds(['test', '-f', '/tmp/ready'], around)).toBe(true);
});

test('a command that is not there cannot be started', () => {
  expect(startErrorOf(['/no/such/command'])).toContain('stat /no/such/command: no such file or directory');
  expect(startErrorOf(['sleep', '1'])).toBeUndefined();
});
