import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createLogger, lineForPeople } from './logger.js';

describe('createLogger', () => {
  it('writes one JSON object a line, with the cause of an error', () => {
    const lines: string[] = [];
    const sink = new Writable({ write: (line, _encoding, done) => (lines.push(String(line)), done()) });
    const logger = createLogger('info', 'json', sink).child({ component: 'recorder' });

    logger.debug('not this');
    logger.warn({ podUid: 'u1', error: new Error('lost', { cause: new Error('reset') }) }, 'watch ended');

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      component: 'recorder',
      podUid: 'u1',
      msg: 'watch ended',
      error: { message: expect.stringContaining('lost') },
    });
  });
});

describe('lineForPeople', () => {
  it('keeps time, component, message, fields and the error', () => {
    const line = JSON.stringify({
      level: 'warn',
      time: '2026-11-21T04:05:06.789Z',
      component: 'recorder',
      msg: 'watch ended',
      pods: 3,
      error: { message: 'reset', stack: '…' },
    });

    expect(lineForPeople(line)).toBe('04:05:06 WARN recorder: watch ended pods=3 (reset)');
  });
});
