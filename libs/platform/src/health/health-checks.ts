import { AuditError } from '../errors/audit-error.js';
import { inTime } from './in-time.js';

/** One thing that must be so for this process to be of use. `check` throws when it is not; `remedy` says what to do then, unless the error knows better. */
export type HealthCheck = Readonly<{ name: string; check: () => Promise<void>; remedy: string }>;

/** What a check found. */
export type HealthFinding = Readonly<{ name: string; ok: boolean; error?: string; remedy?: string }>;

/** The answer of `/readyz` and `/livez`: 200 when `ok`, else 503. */
export type Health = Readonly<{ ok: boolean; status: 200 | 503; checks: readonly HealthFinding[] }>;

/** The named checks behind `/readyz`. Libs register theirs; a check that does not answer in two seconds has failed. */
export class HealthChecks {
  readonly #checks = new Map<string, HealthCheck>();

  /** Adds a check; one of the same name is replaced. */
  register(check: HealthCheck): void {
    this.#checks.set(check.name, check);
  }

  /** Whether the process can be of use now. */
  async readyz(): Promise<Health> {
    const checks = await Promise.all([...this.#checks.values()].map(finding));
    const ok = checks.every((check) => check.ok);
    return { ok, status: ok ? 200 : 503, checks };
  }

  /** Whether the process should be left running. It answers, so it should. */
  livez(): Health {
    return { ok: true, status: 200, checks: [] };
  }
}

async function finding({ name, check, remedy }: HealthCheck): Promise<HealthFinding> {
  try {
    await inTime(check());
    return { name, ok: true };
  } catch (error) {
    const known = error instanceof AuditError ? error.remedy : undefined;
    return { name, ok: false, error: error instanceof Error ? error.message : String(error), remedy: known ?? remedy };
  }
}
