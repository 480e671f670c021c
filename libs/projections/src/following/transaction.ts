import type { Pool, PoolClient } from '#libs/platform';

/** Runs `work` in one transaction: all of it or, if it throws, none. */
export async function inTransaction<Result>(pool: Pool, work: (db: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  // A connection that breaks says so twice: by the query that fails, and by this event, which nobody else listens to and which ends the process.
  client.on('error', heardElsewhere);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = await client.query('ROLLBACK').then(
      () => undefined,
      (cause: Error) => cause,
    );
    throw error;
  } finally {
    client.off('error', heardElsewhere);
    // A connection that cannot even roll back is closed, not given back.
    client.release(broken);
  }
}

const heardElsewhere = (): void => undefined;
