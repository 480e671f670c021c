import { describe, expect, it } from 'vitest';

import { HealthChecks } from './health-checks.js';

describe('HealthChecks', () => {
  it('is ready when every check is', async () => {
    const health = new HealthChecks();
    health.register({ name: 'database', check: () => Promise.resolve(), remedy: 'Start it.' });

    expect(await health.readyz()).toEqual({ ok: true, status: 200, checks: [{ name: 'database', ok: true }] });
  });

  it('names what is wrong and what to do about it', async () => {
    const health = new HealthChecks();
    health.register({ name: 'watch', check: () => Promise.resolve(), remedy: 'Wait.' });
    health.register({ name: 'database', check: () => Promise.reject(new Error('refused')), remedy: 'Start it.' });

    expect(await health.readyz()).toEqual({
      ok: false,
      status: 503,
      checks: [
        { name: 'watch', ok: true },
        { name: 'database', ok: false, error: 'refused', remedy: 'Start it.' },
      ],
    });
  });

  it('does not wait for ever for a check', async () => {
    const health = new HealthChecks();
    health.register({ name: 'hangs', check: () => new Promise(() => undefined), remedy: 'Look.' });

    expect(await health.readyz()).toMatchObject({ ok: false, checks: [{ error: 'no answer within 2000 ms' }] });
  });
});
