import { z } from 'zod';

/** `true` and `false` as flags, environment and people write them. */
const switched = z.union([z.boolean(), z.stringbool()]);
const whole = (lowest: number, highest: number): z.ZodType<number> => z.coerce.number().int().min(lowest).max(highest);
const positive = z.coerce.number().positive();
const url = (...protocols: string[]): z.ZodType<string> =>
  z.string().refine((text) => protocols.some((protocol) => text.startsWith(`${protocol}://`)) && URL.canParse(text), {
    error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  });
const source = z
  .string()
  .regex(/^(kubernetes|demo)$/u, { error: 'must be kubernetes or demo' })
  .optional();

/**
 * Every setting there is. The name in camelCase is also the flag (`databaseUrl` is `--database-url`) and the variable
 * (`DATABASE_URL`); what `describe` says is the settings table of the README.
 */
export const SettingsSchema = z.object({
  source: source.describe(
    'What is recorded: `kubernetes` or `demo`. Unless told: the cluster of the kubeconfig, or the demo cluster where there is no kubeconfig at all',
  ),
  kubeconfig: z.string().optional().describe('Path of the kubeconfig; unless told, as kubectl finds it'),
  context: z.string().optional().describe('Context of the kubeconfig; unless told, its current one'),
  namespace: z.array(z.string().min(1)).default([]).describe('Only this namespace; repeatable, commas in the variable'),
  allNamespaces: switched.default(false).describe('All namespaces, which is the default; contradicts `--namespace`'),
  leaderElection: switched.default(false).describe('Several recorders of one cluster take turns by a Lease'),
  leaseNamespace: z.string().min(1).default('default').describe('Namespace of that Lease'),
  leaseName: z.string().min(1).default('initledger-recorder').describe('Name of that Lease'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to answer on'),
  port: whole(0, 65_535).default(7411).describe('Port to answer on; 0 takes a free one'),
  publicUrl: url('http', 'https').optional().describe('Where people reach this service, for links in alerts'),
  data: z.string().min(1).default('./data').describe('Folder for the embedded database, keys and checkpoints'),
  databaseUrl: url('postgres', 'postgresql')
    .optional()
    .describe('PostgreSQL 15 or newer to use instead of the embedded one'),
  databaseAdminUrl: url('postgres', 'postgresql')
    .optional()
    .describe('The same database as its owner, for migrations at start; unless told, `DATABASE_URL`'),
  redisUrl: url('redis', 'rediss')
    .optional()
    .describe('Redis for the job queue; unless told, the queue is in PostgreSQL'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least important log lines to print'),
  commands: z
    .enum(['masked', 'targets', 'none'])
    .default('masked')
    .describe(
      'What is kept of commands, arguments and probes: all but secret-shaped words, only what is waited for, or nothing',
    ),
  maskKeyFile: z
    .string()
    .optional()
    .describe('File with the key under which masked values are digested; made in the data folder unless told'),
  retentionDays: whole(1, 36_500).default(90).describe('Days that observations are kept'),
  access: z
    .enum(['none', 'token', 'kubernetes'])
    .optional()
    .describe(
      'Who may ask: anybody, holders of `ACCESS_TOKEN`, or who Kubernetes says; unless told `none` on loopback',
    ),
  accessToken: z.string().min(16).optional().describe('The bearer token of `--access token`, 16 characters at least'),
  alertmanagerUrl: z
    .array(url('http', 'https'))
    .default([])
    .describe('Alertmanager to tell about stuck initializations; repeatable'),
  webhookUrl: url('http', 'https').optional().describe('URL to post alerts to, in the body of Alertmanager’s webhooks'),
  webhookSecret: z.string().min(1).optional().describe('Key to sign what is posted to `WEBHOOK_URL` (HMAC-SHA-256)'),
  stuckAfterSeconds: positive
    .default(300)
    .describe('When an init container is stuck, as long as its own history is too short to say'),
  stuckFloorSeconds: positive.default(60).describe('Never call anything stuck earlier than this'),
  stuckFactor: positive.default(1.5).describe('Stuck is this many times the p99 of this workload and container'),
  stuckMinSamples: whole(1, 1_000_000).default(20).describe('Good starts that make a history long enough'),
});

/** The settings as values: what `SettingsSchema` makes of flags and environment. */
export type SettingsValues = z.output<typeof SettingsSchema>;
