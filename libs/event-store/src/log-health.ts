import { AuditError, isConnectionError, type HealthCheck, type Pool } from '#libs/platform';

import type { LogName } from './event.js';
import { tablesOf } from './log-tables.js';

/** Whether the logs that a role may read can be read. */
export function logHealth(pool: Pool, logs: readonly LogName[]): HealthCheck {
  return {
    name: 'log',
    check: async () => {
      try {
        for (const log of logs) await pool.query(`SELECT FROM ${tablesOf(log).head}, ${log} LIMIT 0`);
      } catch (cause) {
        if (!isConnectionError(cause)) throw cause;
        throw new AuditError('database-unreachable', 'The database does not answer', {
          cause,
          remedy:
            'See that PostgreSQL runs and that DATABASE_URL points at it. This process goes on by itself when it is back.',
        });
      }
    },
    remedy:
      'Start the recorder or the projector of this version as the owner of the tables (DATABASE_ADMIN_URL): it migrates the database and gives the roles their rights.',
  };
}
