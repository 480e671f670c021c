import { z } from 'zod';

/** `true` and `false` as flags, environment and people write them. */
const switched = z.union([z.boolean(), z.stringbool()], { error: 'must be true or false' });
const number = (looks: RegExp, isRight: (value: number) => boolean, error: string): z.ZodType<number> =>
  z.union([z.number(), z.string().regex(looks).transform(Number)], { error }).refine(isRight, { error });
const whole = (lowest: number, highest: number): z.ZodType<number> =>
  number(
    /^-?\d+$/u,
    (value) => Number.isInteger(value) && value >= lowest && value <= highest,
    `must be a whole number from ${lowest} to ${highest}`,
  );
const positive = number(/^\d+(\.\d+)?$/u, (value) => value > 0 && Number.isFinite(value), 'must be a number above 0');
const noDays = 'must be a whole number from 7 to 36500, or forever';
/** Days that something is kept: weeks are what goes. */
const days: z.ZodType<number | 'forever'> = z
  .union([z.literal('forever'), z.number(), z.string().regex(/^\d+$/u).transform(Number)], { error: noDays })
  .refine((value) => value === 'forever' || (Number.isInteger(value) && value >= 7 && value <= 36_500), {
    error: noDays,
  });
/** A DNS label, as names of namespaces are (RFC 1123). */
const namespace = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u, {
  error: 'must be a namespace: small letters, digits and hyphens, 63 at most',
});
const words = z.string().trim().min(1, { error: 'must not be empty' });
const oneOf = <const Choices extends readonly [string, ...string[]]>(choices: Choices) =>
  z.enum(choices, { error: `must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}` });
const url = (...protocols: string[]): z.ZodType<string> =>
  z.string().refine((text) => protocols.some((protocol) => text.startsWith(`${protocol}://`)) && URL.canParse(text), {
    error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  });
const source = z
  .string()
  .regex(/^(kubernetes|demo|recording:.+)$/u, { error: 'must be kubernetes, demo or recording:FILE' })
  .optional();

const slice = z
  .string()
  .regex(/^\d{1,3}\/\d{1,3}$/u, { error: 'must be K/N, such as 0/2' })
  .transform((text) => text.split('/').map(Number))
  .refine(([nth = 0, of = 0]) => of >= 2 && of <= 128 && nth < of, {
    error: 'must be K/N with K below N and N from 2 to 128',
  })
  .transform(([nth = 0, of = 0]) => ({ nth, of }))
  .optional();

/**
 * Every setting there is. The name in camelCase is also the flag (`databaseUrl` is `--database-url`) and the variable
 * (`DATABASE_URL`); what `describe` says is the settings table of the README.
 */
export const SettingsSchema = z.object({
  source: source.describe(
    'What is recorded: `kubernetes`, `demo`, or `recording:FILE`, where FILE is a recording, a folder of files of one, or `-` for standard input. Unless told: the cluster of the kubeconfig, or the demo cluster where there is no kubeconfig at all',
  ),
  kubeconfig: words.optional().describe('Path of the kubeconfig; unless told, as kubectl finds it'),
  context: words.optional().describe('Context of the kubeconfig; unless told, its current one'),
  namespace: z.array(namespace).default([]).describe('Only this namespace; repeatable, commas in the variable'),
  allNamespaces: switched.default(false).describe('All namespaces, which is the default; contradicts `--namespace`'),
  slice: slice.describe(
    'Only this part of the cluster, `K/N` with K from 0, by a hash of the namespace. Every part needs a recorder of its own, all with the same N; another N closes the shards of the old one, and pods that live through the change have a history in both (lists and reports tell them once). Recorders that disagree about N must not run together: each that starts closes the shards of the others',
  ),
  sliceBy: oneOf(['hash', 'range'])
    .optional()
    .describe(
      'How namespaces are divided among slices: by the remainder of a hash (`hash`), so that the recorder leaves out what is in others; or by ranges of the hash that API servers know, cut to fit the namespaces that there are (`range`), so that one with the feature gate `ShardedListAndWatch` (1.36) does not send it. Fixed with N: to cut the same N anew, start the recorders with another N and then with this one again, which begins two generations of shards. Unless told, as the shards of this N do; where there are none, `range` if the API server can, else `hash`',
    ),
  recordingPace: z
    .string()
    .regex(/^(fast|real|\d+(\.\d+)?[x×]?)$/u, { error: 'must be fast, real or a number of times, such as 10x' })
    .refine((pace) => Number.parseFloat(pace) !== 0, { error: 'must be above 0' })
    .optional()
    .describe(
      'How fast a recording is played: `fast`, which is the default, at its own pace (`real`), or so many times as fast (`10x`)',
    ),
  recordingName: words
    .optional()
    .describe('What makes a recording this one; unless told, how it begins, so that a longer copy of it goes on'),
  writeRecording: words
    .optional()
    .describe(
      'File to write what the API server says into, so that it can be recorded again; secrets masked, readable by its owner alone',
    ),
  writeRecordingVerbatim: switched
    .default(false)
    .describe('Write that file as it came, secrets included: never send it to anybody'),
  leaderElection: switched.default(false).describe('Several recorders of one cluster take turns by a Lease'),
  leaseNamespace: namespace.default('default').describe('Namespace of that Lease'),
  leaseName: words.default('initledger-recorder').describe('Name of that Lease'),
  host: words.default('127.0.0.1').describe('Address to answer on'),
  port: whole(0, 65_535).default(7411).describe('Port to answer on; 0 takes a free one'),
  publicUrl: url('http', 'https').optional().describe('Where people reach this service, for links in alerts'),
  data: words.default('./data').describe('Folder for the embedded database, keys and checkpoints'),
  databaseUrl: url('postgres', 'postgresql')
    .optional()
    .describe('PostgreSQL 15 or newer to use instead of the embedded one'),
  databaseAdminUrl: url('postgres', 'postgresql')
    .optional()
    .describe('The same database as its owner, for migrations at start; unless told, `DATABASE_URL`'),
  redisUrl: url('redis', 'rediss')
    .optional()
    .describe('Redis for the job queue; unless told, the queue is in PostgreSQL'),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least important log lines to print'),
  commands: oneOf(['masked', 'targets', 'none'])
    .default('masked')
    .describe(
      'What is kept of commands, arguments and probes: all but secret-shaped words, only what is waited for, or nothing',
    ),
  logTails: switched
    .default(false)
    .describe(
      'Record the end of the log of each failed attempt, redacted; needs `get` on `pods` and `pods/log` (`deploy/rbac/pod-logs.yaml`)',
    ),
  logTailBytes: whole(256, 65_536).default(8_192).describe('Bytes of such a log that are kept, from its end'),
  maskKeyFile: words
    .optional()
    .describe('File with the key under which masked values are digested; made in the data folder unless told'),
  ledgerKeyFile: words
    .optional()
    .describe(
      'File with the Ed25519 private key (PEM) that checkpoints are signed with, or several while keys change; made in the data folder unless told',
    ),
  checkpointsFile: words
    .optional()
    .describe(
      'File that signed checkpoints are added to, away from the database and its backups; unless told, the data folder’s name with `.checkpoints`, beside it',
    ),
  access: oneOf(['none', 'token', 'kubernetes'])
    .optional()
    .describe(
      'Who may ask: anybody, holders of `ACCESS_TOKEN`, or who Kubernetes says; unless told `none` on loopback',
    ),
  accessToken: z
    .string()
    .min(16, { error: 'must have 16 characters at least' })
    .optional()
    .describe('The bearer token of `--access token`, 16 characters at least'),
  alertmanagerUrl: z
    .array(url('http', 'https'))
    .default([])
    .describe('Alertmanager to tell about stuck initializations; repeatable'),
  webhookUrl: url('http', 'https').optional().describe('URL to post alerts to, in the body of Alertmanager’s webhooks'),
  webhookSecret: words.optional().describe('Key to sign what is posted to `WEBHOOK_URL` (HMAC-SHA-256)'),
  stuckAfterSeconds: positive
    .optional()
    .describe(
      'When an init container is stuck, as long as its own history is too short to say; unless told 300, and 20 in the demo, where everything happens sooner',
    ),
  stuckFloorSeconds: positive.default(60).describe('Never call anything stuck earlier than this'),
  stuckFactor: positive.default(1.5).describe('Stuck is this many times the p99 of this workload and container'),
  stuckMinSamples: whole(1, 1_000_000).default(20).describe('Good starts that make a history long enough'),
  retentionDays: days
    .default(90)
    .describe(
      'Days of observations that are kept, or `forever`: weeks that are older are dropped, once the log is sealed and what was told of them is frozen. What was told stays, what remains stays proved, and acts are always kept',
    ),
  archiveFolder: words
    .optional()
    .describe(
      'Folder to which each week is exported before it is dropped (`--retention-days`): none goes that is not there, and the act that drops it names its file',
    ),
  takeOver: oneOf(['newer', 'again', 'always', 'never'])
    .default('newer')
    .describe(
      'Which read models are rebuilt and taken over: `newer` those of older rules, once compared; `again` also those of these rules, once at each start, which reads parked streams again; `always` also those of newer ones, to go back, and whatever the comparison says; `never` none',
    ),
});

/** The settings as values: what `SettingsSchema` makes of flags and environment. */
export type SettingsValues = z.output<typeof SettingsSchema>;
