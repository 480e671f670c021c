import { Injectable } from '@nestjs/common';
import { EventReader, Ledger, type LogName } from '#libs/event-store';
import { AuditError, Database, errorCode, isConnectionError, readMigrations } from '#libs/platform';
import type { Queryable } from '#libs/projections';
import { sql, toQuery, type Sql } from '../asking/sql.js';

/** One consistent look at the database: every statement sees the same moment of it. */
export type Snapshot = Readonly<{
  rows<Row>(statement: Sql): Promise<Row[]>;
  /** The same connection, for libs that bring their own SQL. */
  queryable: Queryable;
  /**
   * The log itself, for what is told of one pod, by the same connection: whoever holds one and waits for a second of the
   * same pool may wait for those who wait for his.
   */
  log: EventReader;
  /** The proofs of a log, by the same connection. */
  ledger(log: LogName): Ledger;
}>;

const noSuchTable = '42P01';

/** Text that PostgreSQL cannot hold: the character NUL, or half of one. */
const noSuchText = '22021';

/** A table or a column is not there. */
const otherShape: ReadonlySet<string> = new Set([noSuchTable, '42703']);

/** The reports' only way to the database. It reads. */
@Injectable()
export class ReportsDatabase {
  constructor(private readonly database: Database) {}

  /**
   * Lets `look` read one snapshot.
   *
   * @throws AuditError `database-unreachable` where the database does not answer, or has tables of another version
   */
  async snapshot<T>(look: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    try {
      return await this.inTransaction(look);
    } catch (error) {
      throw (await this.refusal(error)) ?? error;
    }
  }

  /** Whether the database answers and has the tables that are read. @throws AuditError `database-unreachable` */
  async check(): Promise<void> {
    await this.snapshot((snapshot) =>
      snapshot.rows(sql`SELECT FROM shard, shard_head, pod_init, projection_bookmark LIMIT 0`),
    );
  }

  private async inTransaction<T>(look: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const client = await this.database.api.connect();
    let broken: Error | undefined;
    try {
      // The lock comes before the snapshot: read models of other rules, which take the place of these, wait until this look is over.
      await client.query(
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE projection_bookmark IN ACCESS SHARE MODE',
      );
      const told = await look({
        rows: async <Row>(statement: Sql) => (await client.query(toQuery(statement))).rows as Row[],
        queryable: client,
        log: new EventReader(client),
        ledger: (log) => new Ledger(client, log),
      });
      await client.query('COMMIT');
      return told;
    } catch (error) {
      broken = isConnectionError(error)
        ? toError(error)
        : await client.query('ROLLBACK').then(() => undefined, toError);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** What the caller is told of a driver's error that is an outage; anything else is a bug, and stays as it is. */
  private async refusal(cause: unknown): Promise<AuditError | undefined> {
    if (cause instanceof AuditError) return undefined;
    if (isConnectionError(cause)) {
      return new AuditError('database-unreachable', 'The database does not answer', {
        cause,
        remedy: 'See that PostgreSQL runs and that DATABASE_URL points at it; /readyz tells when it is back',
        details: { retryAfterSeconds: 2 },
      });
    }
    if (errorCode(cause) === noSuchText)
      return new AuditError('query-invalid', 'A parameter holds a character that no name here can have', { cause });
    if (!otherShape.has(errorCode(cause) ?? '') || !(await this.isOfAnotherVersion())) return undefined;
    return new AuditError('database-version', 'The database does not have the tables of this version', {
      cause,
      remedy: 'Start the projector of the same version, which migrates it, or point DATABASE_URL at the right database',
      details: { retryAfterSeconds: 10 },
    });
  }

  /** Whether other migrations were applied than those of this version: a table that is missing is a bug where they are the same. */
  private async isOfAnotherVersion(): Promise<boolean> {
    try {
      const { rows } = await this.database.api.query<{ told: string }>(
        `SELECT migration_name || ' ' || checksum AS told FROM _prisma_migrations WHERE finished_at IS NOT NULL`,
      );
      const applied = new Set(rows.map(({ told }) => told));
      const ours = await readMigrations();
      return ours.length !== applied.size || ours.some(({ name, checksum }) => !applied.has(`${name} ${checksum}`));
    } catch (error) {
      return errorCode(error) === noSuchTable;
    }
  }
}

const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
