import type { Pool, PoolClient } from '#libs/platform';

/** Runs `work` in one transaction: all of it or, if it throws, none. */
export async function inTransaction<Result>(pool: Pool, work: (db: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
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
    // A connection that cannot even roll back is closed, not given back.
    client.release(broken);
  }
}
