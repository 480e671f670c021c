import { describe, expect, it } from 'vitest';

import { AuditError } from './audit-error.js';
import { toProblem } from './problem.js';

describe('toProblem', () => {
  it('answers a refusal with its status, code, remedy and details', () => {
    const error = new AuditError('history-expired', 'That is no longer kept.', {
      remedy: 'Ask for a later time.',
      details: { historyFrom: '2026-08-01T00:00:00Z' },
    });

    expect(toProblem(error, '/api/v1/pods')).toEqual({
      type: 'urn:initledger:error:history-expired',
      title: 'Gone',
      status: 410,
      detail: 'That is no longer kept.',
      code: 'history-expired',
      remedy: 'Ask for a later time.',
      historyFrom: '2026-08-01T00:00:00Z',
      instance: '/api/v1/pods',
    });
  });

  it('tells nothing of a bug', () => {
    const problem = toProblem(new Error('password=secret'));

    expect(problem).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});
