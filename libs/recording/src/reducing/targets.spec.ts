import { describe, expect, it } from 'vitest';
import { isTarget, targetsIn } from './targets.js';

describe('isTarget', () => {
  it.each([
    'redis',
    'redis.shop.svc.cluster.local',
    'redis.shop.svc.cluster.local.',
    '5432',
    ':8080',
    'db:5432',
    '10.0.0.1',
    '10.0.0.1:53',
    '[fd00::1]:443',
    'http://api:8080',
    'https://api.example.com/healthz',
    'web-99999',
    'postgres://db:5432/app',
    'tcp://10.0.0.1:6379',
  ])('takes %s for something to wait for', (text) => {
    expect(isTarget(text)).toBe(true);
  });

  it.each([
    '',
    'hello world',
    'postgres://me:pw@db:5432/app',
    'postgres://me@db/app',
    'http://api/x?token=1',
    'http://api/#part',
    'a=b',
    '70000',
    'db:70000',
    'Hello',
    'db:5432:x',
    'user@host',
    `a${'.b'.repeat(5_000)}`,
    'two\nlines',
  ])('does not take %j for something to wait for', (text) => {
    expect(isTarget(text)).toBe(false);
  });
});

describe('targetsIn', () => {
  it('finds hosts with a port, and URLs without user, query and fragment', () => {
    const text =
      'until nc -z db 5432 && curl -s http://me:pw@api:80/x && wget https://web/ready?token=abc cache:6379; do';

    expect(targetsIn(text)).toEqual(['db:5432', 'http://api:80/x', 'https://web/ready', 'cache:6379']);
  });
});
