import { parseArgs } from 'node:util';
import { AuditError } from '#libs/platform';
import type { Chosen } from '#libs/projections';

/** What `rederive` is asked. */
export type Asked = Readonly<{
  chosen: Chosen;
  /** Another version's rules: unless given, those of this one. */
  rules: string | undefined;
  form: 'text' | 'json' | 'summary';
  where: Readonly<{ url: string } | { folder: string }>;
}>;

export const usage = `npm run rederive -- [flags]

Reads kept history with other rules beside those in force, and tells pod by pod what differs. It writes nothing.
Exit code: 0 nothing differs, 1 something does, 2 it could not be done.

  --rules PATH          rules of another version: a folder in which it was built, or its libs/init-history/src/index.js;
                        unless told, the rules of this version
  --pod UID             only this pod; repeatable
  --namespace NAME      only this namespace; repeatable
  --since TIME          only pods of which something was told from then on (RFC 3339)
  --summary             how many pods differ, and in which fields
  --json                one JSON object a line
  --database-url URL    the database [DATABASE_URL]
  --data FOLDER         the data folder of the service, which may be running, where there is no DATABASE_URL (./data) [DATA]
`;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads the flags.
 *
 * @returns undefined where help is asked for
 * @throws AuditError `settings-invalid` with everything that is wrong
 */
export function readArgs(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Asked | undefined {
  const { values, problems } = parsed(argv);
  if (values.help === true) return undefined;
  const { pod, namespace, since, rules, summary, json } = values;
  for (const uid of pod ?? []) if (!uuid.test(uid)) problems.push(`--pod ${uid}: is not the UID of a pod`);
  if (since !== undefined && Number.isNaN(Date.parse(since)))
    problems.push(`--since ${since}: is not a time (RFC 3339)`);
  if (summary === true && json === true) problems.push('--summary and --json contradict each other: give one of them');
  if (problems.length > 0) {
    throw new AuditError('settings-invalid', problems.join('\n'), { remedy: 'Correct it; --help lists all flags.' });
  }
  const url = values['database-url'] ?? env['DATABASE_URL'];
  return {
    chosen: {
      pods: pod,
      namespaces: namespace,
      since: since === undefined ? undefined : new Date(since).toISOString(),
    },
    rules,
    form: summary === true ? 'summary' : json === true ? 'json' : 'text',
    where: url ? { url } : { folder: values.data ?? (env['DATA'] || './data') },
  };
}

function parsed(argv: readonly string[]) {
  const options = {
    rules: { type: 'string' },
    pod: { type: 'string', multiple: true },
    namespace: { type: 'string', multiple: true },
    since: { type: 'string' },
    summary: { type: 'boolean' },
    json: { type: 'boolean' },
    'database-url': { type: 'string' },
    data: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const problems: string[] = [];
  try {
    return { values: parseArgs({ args: [...argv], options }).values, problems };
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return { values: parseArgs({ args: [], options }).values, problems };
  }
}
