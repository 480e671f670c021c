/** The kinds of faults there are: to whom they happen, in which deployments, and how often they are drawn. */

/** How the service is deployed: one process of each app; two recorders by a Lease and two projectors; all in one process. */
export type Deployment = 'three' | 'pairs' | 'standalone';

/** What a fault happens to. Faults of one target follow each other; those of different ones overlap. */
export type Target = 'recorder' | 'projector' | 'api' | 'standalone' | 'database' | 'queue' | 'cluster' | 'receiver';

export type Kind = Readonly<{
  about: string;
  target: Target;
  deployments: readonly Deployment[];
  /** How often it is drawn, against the others of its deployment. */
  weight: number;
  /** Seconds that it lasts: from and to. */
  lasts: readonly [number, number];
  /** What it needs that not every machine gives. */
  needs?: 'mount' | 'redis';
}>;

const everywhere = ['three', 'pairs', 'standalone'] as const;
const apart = ['three', 'pairs'] as const;
const together = ['standalone'] as const;

const process = (target: Target, deployments: readonly Deployment[], weight: number) =>
  ({
    [`kill-${target}`]: { about: 'kill -9, and a new start', target, deployments, weight, lasts: [0, 2] },
    [`kill-at-start-${target}`]: {
      about: 'kill -9, and again and again within its start',
      target,
      deployments,
      weight: weight / 2,
      lasts: [0, 0],
    },
    [`kill-with-session-${target}`]: {
      about: 'kill -9, and of a session of PostgreSQL at the same moment',
      target,
      deployments,
      weight: weight / 4,
      lasts: [0, 2],
    },
    [`pause-${target}`]: { about: 'SIGSTOP, and SIGCONT later', target, deployments, weight, lasts: [0.5, 8] },
    [`clock-${target}`]: {
      about: 'the clock of the process jumps by up to an hour, and back later',
      target,
      deployments,
      weight: weight / 2,
      lasts: [1, 8],
    },
    [`database-cut-${target}`]: {
      about: 'connections to PostgreSQL are closed',
      target,
      deployments,
      weight,
      lasts: [0, 1],
    },
    [`database-reset-${target}`]: {
      about: 'connections to PostgreSQL are reset',
      target,
      deployments,
      weight,
      lasts: [0, 1],
    },
    [`database-stall-${target}`]: {
      about: 'connections to PostgreSQL carry nothing, and then go on',
      target,
      deployments,
      weight: weight / 2,
      lasts: [0.5, 6],
    },
    [`database-deaf-${target}`]: {
      about: 'half open: PostgreSQL hears what the process says, and its answers are lost',
      target,
      deployments,
      weight,
      lasts: [0.2, 4],
    },
    [`database-commit-unanswered-${target}`]: {
      about: 'the answer to a COMMIT is lost, and the connection with it',
      target,
      deployments,
      weight,
      lasts: [0, 0],
    },
    [`database-half-closed-${target}`]: {
      about: 'PostgreSQL’s side of its connections is closed, the other stays open',
      target,
      deployments,
      weight: weight / 2,
      lasts: [0.2, 3],
    },
  }) as const satisfies Readonly<Record<string, Kind>>;

const ofRecorders = {
  'api-cut': { about: 'connections to the API server are closed', weight: 3, lasts: [0, 1] },
  'api-reset': { about: 'connections to the API server are reset', weight: 3, lasts: [0, 1] },
  'api-stall': { about: 'connections to the API server carry nothing, and then go on', weight: 2, lasts: [0.5, 6] },
  'api-deaf': { about: 'half open: the API server is gone and nobody says so', weight: 2, lasts: [0.5, 6] },
  'api-half-closed': { about: 'the API server’s side is closed, the other stays open', weight: 2, lasts: [0.2, 3] },
  'api-refused': { about: 'no connection to the API server is made', weight: 2, lasts: [0.5, 5] },
} as const;

const inEach = (name: keyof typeof ofRecorders): Record<string, Kind> => ({
  [name]: { ...ofRecorders[name], target: 'recorder', deployments: apart },
  [`${name}-standalone`]: { ...ofRecorders[name], target: 'standalone', deployments: together },
});

const ofTheCluster = {
  'watch-ended': { about: 'all watches end in good order', weight: 3, lasts: [0, 0] },
  'watch-cut': { about: 'all watches are cut', weight: 3, lasts: [0, 0] },
  'watch-cut-mid-line': { about: 'all watches are cut in the middle of a frame', weight: 3, lasts: [0, 0] },
  'frames-twice': { about: 'the next frames come twice', weight: 2, lasts: [0, 0] },
  'frames-late': { about: 'frames of pods come late', weight: 2, lasts: [0.5, 4] },
  'server-errors': { about: 'the API server answers 500 or 503', weight: 2, lasts: [0, 0] },
  'too-many-requests': { about: 'the API server answers 429', weight: 2, lasts: [0, 0] },
  gone: {
    about: 'the API server answers 410 Gone to all positions from before, and cuts the watches',
    weight: 4,
    lasts: [0, 0],
  },
  'gone-mid-list': {
    about: 'the API server answers 410 Gone, and again in the middle of the lists that follow, of short pages',
    weight: 3,
    lasts: [2, 6],
  },
  'server-killed': {
    about: 'the API server is killed, and begins with an empty watch cache',
    weight: 2,
    lasts: [2, 3],
  },
  'server-restarted': {
    about: 'the API server is restarted: its watches say nothing, and nobody is answered',
    weight: 1,
    lasts: [7, 8],
  },
  'watches-silent': { about: 'open watches say nothing any more, and are cut later', weight: 2, lasts: [0.5, 5] },
  'bookmarks-old': { about: 'bookmarks say positions that were told before', weight: 2, lasts: [2, 5] },
  'tokens-refused': { about: 'the API server knows no token for a while (401)', weight: 1, lasts: [0.5, 3] },
  'namespace-again': {
    about: 'a namespace goes, and another of its name comes with pods of the same names',
    weight: 2,
    lasts: [0, 0],
  },
  compaction: { about: 'etcd forgets history while the API server cannot be reached', weight: 4, lasts: [0.2, 2] },
} as const;

const always = (
  target: Target,
  kinds: Readonly<Record<string, Pick<Kind, 'about' | 'weight' | 'lasts' | 'needs'>>>,
): Record<string, Kind> =>
  Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, { ...kind, target, deployments: everywhere }]));

/** Every kind by its name. */
export const kinds: Readonly<Record<string, Kind>> = {
  ...process('recorder', apart, 4),
  ...process('projector', apart, 4),
  ...process('api', apart, 1),
  ...process('standalone', together, 5),
  ...inEach('api-cut'),
  ...inEach('api-reset'),
  ...inEach('api-stall'),
  ...inEach('api-deaf'),
  ...inEach('api-half-closed'),
  ...inEach('api-refused'),
  'two-recorders': {
    about: 'another recorder takes the shard while the first one records',
    target: 'recorder',
    deployments: apart,
    weight: 1,
    lasts: [1, 6],
  },
  'two-recorders-standalone': {
    about: 'another recorder takes the shard while the first one records',
    target: 'standalone',
    deployments: together,
    weight: 1,
    lasts: [1, 6],
  },
  'kill-and-gone': {
    about: 'kill -9 of a recorder, and 410 Gone to its position at the same moment',
    target: 'recorder',
    deployments: apart,
    weight: 1,
    lasts: [0, 2],
  },
  'clocks-apart': {
    about: 'the clocks of two recorders, of which one leads, are two minutes apart for a while',
    target: 'recorder',
    deployments: ['pairs'],
    weight: 2,
    lasts: [10, 20],
  },
  zombie: {
    about: 'a recorder is stopped in mid-writing, another takes over, the first wakes',
    target: 'recorder',
    deployments: apart,
    weight: 3,
    lasts: [2, 6],
  },
  'zombie-standalone': {
    about: 'a recorder is stopped in mid-writing, another takes over, the first wakes',
    target: 'standalone',
    deployments: together,
    weight: 2,
    lasts: [2, 6],
  },
  'zombie-projector': {
    about: 'a projector is stopped for longer than its lease, the other takes over, the first wakes',
    target: 'projector',
    deployments: ['pairs'],
    weight: 2,
    lasts: [11, 14],
  },
  ...always('cluster', ofTheCluster),
  ...always('database', {
    'database-restart': { about: 'PostgreSQL is restarted (fast)', weight: 2, lasts: [0, 2] },
    'database-crash': { about: 'kill -9 of the postmaster, and a new start', weight: 2, lasts: [0, 2] },
    'backend-crash': {
      about: 'kill -9 of a session: PostgreSQL throws all out and recovers',
      weight: 2,
      lasts: [0, 0],
    },
    'session-ended': { about: 'all sessions are ended (pg_terminate_backend)', weight: 2, lasts: [0, 0] },
    'database-frozen': {
      about: 'SIGSTOP of all processes of PostgreSQL, and SIGCONT later',
      weight: 2,
      lasts: [0.5, 5],
    },
    'crash-in-copy': { about: 'kill -9 of the postmaster while events are copied', weight: 2, lasts: [0, 1] },
    'crash-in-commit': {
      about: 'kill -9 of a session that was just told to commit',
      weight: 2,
      lasts: [0, 0],
    },
    'disk-full': { about: 'the file system of the database is full', weight: 2, lasts: [1, 5], needs: 'mount' },
  }),
  ...always('queue', {
    'redis-crash': {
      about: 'kill -9 of the Redis that holds the jobs, and a new start',
      weight: 2,
      lasts: [0, 0],
      needs: 'redis',
    },
    'redis-lost': {
      about: 'the Redis that holds the jobs loses all that it had',
      weight: 1,
      lasts: [0, 0],
      needs: 'redis',
    },
    'redis-cut': { about: 'connections to Redis are closed', weight: 1, lasts: [0, 0], needs: 'redis' },
    'redis-stall': {
      about: 'connections to Redis carry nothing, and then go on',
      weight: 1,
      lasts: [0.5, 6],
      needs: 'redis',
    },
    'redis-deaf': {
      about: 'half open: Redis hears what the process says, and its answers are lost',
      weight: 2,
      lasts: [0.2, 4],
      needs: 'redis',
    },
  }),
  ...always('receiver', {
    'receiver-fails': { about: 'the receiver of alerts answers 500', weight: 1, lasts: [1, 4] },
    'receiver-late': { about: 'the receiver answers 200 when nobody waits any more', weight: 1, lasts: [1, 4] },
    'receiver-loses-answer': {
      about: 'the receiver takes what it is told and its answer is lost',
      weight: 1,
      lasts: [1, 4],
    },
  }),
};

export const kindNames: readonly string[] = Object.keys(kinds);
