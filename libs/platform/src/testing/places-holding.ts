import { withClient } from './test-server.js';

/**
 * Where in a database a text stands: every table of every schema, in whatever column and also as bytes, and the samples that the planner
 * keeps of columns. What vacuum has not removed yet is not looked at.
 *
 * @param adminUrl of a superuser: nobody else is shown all samples
 */
export async function placesHolding(adminUrl: string, text: string): Promise<readonly string[]> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT oid::regclass::text AS name
         FROM pg_class
        WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        ORDER BY 1`,
    );
    const bytes = Buffer.from(text).toString('hex');
    const found: string[] = [];
    for (const { name } of rows) {
      const holding = await client.query(
        `SELECT FROM ${name} AS one WHERE strpos(one::text, $1) > 0 OR strpos(one::text, $2) > 0 LIMIT 1`,
        [text, bytes],
      );
      if (holding.rows.length > 0) found.push(name);
    }
    const samples = await client.query<{ name: string }>(
      `SELECT format('a sample of %s.%s', tablename, attname) AS name
         FROM pg_stats AS sample
        WHERE strpos(sample::text, $1) > 0
        ORDER BY 1`,
      [text],
    );
    return [...found, ...samples.rows.map(({ name }) => name)];
  });
}
