import { Pool } from 'pg';

import { roleName, type DatabaseRole } from './roles.js';
import { rowTypes } from './timestamps.js';

/** The way to one database for each role. Where the server's users are ours they differ in user; else in the role they take. */
export type DatabaseUrls = Readonly<Record<DatabaseRole, string>>;

/** What a pool may hold: connections, and milliseconds before a statement is given up. */
type Allowance = Readonly<{ name: string; max: number; statementTimeoutMs: number }>;

/**
 * The connections of this process, in pools that never share: a slow report must not be able to hold up the recording.
 * A pool is made when it is first asked for, so a process has only those it uses.
 */
export class Database {
  readonly #pools = new Map<string, Pool>();

  /** @param ownerUrl the way of the user who migrates, and so owns the tables */
  constructor(
    readonly urls: DatabaseUrls,
    private readonly ownerUrl?: string,
  ) {}

  /** For the recorder alone: appends and what precedes them. */
  get ingest(): Pool {
    return this.#pool('recorder', { name: 'ingest', max: 4, statementTimeoutMs: 30_000 });
  }

  /** For the projector alone: read models, acts, alerts. */
  get projection(): Pool {
    return this.#pool('projector', { name: 'projection', max: 8, statementTimeoutMs: 60_000 });
  }

  /**
   * A pool of its own for the projector, whose sessions look for tables in `schemas`, in this order: read models that are built beside those
   * in force. Whoever asks for it ends it.
   */
  projectionIn(schemas: readonly string[]): Pool {
    return createPool(inSchemas(this.urls.projector, schemas), { name: 'rebuild', max: 8, statementTimeoutMs: 60_000 });
  }

  /**
   * A pool of its own for the owner of the tables, for what no grant gives: partitions that are detached while others read. Whoever asks for
   * it ends it. Undefined where this process does not know him.
   */
  owner(): Pool | undefined {
    return this.ownerUrl === undefined
      ? undefined
      : createPool(this.ownerUrl, { name: 'owner', max: 1, statementTimeoutMs: 60_000 });
  }

  /** For answers: reads. */
  get api(): Pool {
    return this.#pool('api', { name: 'api', max: 8, statementTimeoutMs: 10_000 });
  }

  /** Lets running statements end, then closes every pool. Whoever holds a client must have given it back. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.end()));
  }

  #pool(role: DatabaseRole, allowance: Allowance): Pool {
    const kept = this.#pools.get(role);
    if (kept) return kept;
    const pool = createPool(this.urls[role], allowance);
    this.#pools.set(role, pool);
    return pool;
  }
}

/** What a living server may take longer than it was given. */
const HANGS_AFTER_MS = 2_000;

/** A pool whose rows are read by `rowTypes`, in sessions of time zone UTC that hold no transaction open while idle. */
export function createPool(url: string, { name, max, statementTimeoutMs }: Allowance): Pool {
  const pool = new Pool({
    connectionString: withOptions(url, '-c timezone=UTC -c datestyle=ISO'),
    application_name: `initledger-${name}`,
    max,
    types: rowTypes,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    // A server that hangs gives nothing up by itself.
    query_timeout: statementTimeoutMs + HANGS_AFTER_MS,
    idle_in_transaction_session_timeout: 10_000,
  });
  surviveLostConnections(pool);
  return pool;
}

/**
 * A connection that breaks fails its query, or is replaced at its next use. It also says so by an event that ends the process
 * where nobody listens: idle connections say it to the pool, those in use to whoever holds them.
 */
export function surviveLostConnections(pool: Pool): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

/** `url` as the user in a role; whoever may not take it is refused at connect. */
export const inRole = (url: string, role: DatabaseRole): string => withOptions(url, `-c role=${roleName(role)}`);

/** `url` for sessions that look for tables in these schemas, in this order. */
export const inSchemas = (url: string, schemas: readonly string[]): string =>
  withOptions(url, `-c search_path=${schemas.map((schema) => `"${schema}"`).join(',')}`);

/** `url` with more settings for its sessions, after those it already has. */
export function withOptions(url: string, options: string): string {
  const extended = new URL(url);
  const before = extended.searchParams.get('options');
  extended.searchParams.set('options', before ? `${before} ${options}` : options);
  // The driver wants %20: a plus sign, as forms write a space, would reach the server as one.
  return extended.href.replaceAll('+', '%20');
}
