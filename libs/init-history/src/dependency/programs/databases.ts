/** Clients of databases, queues and stores. Their hosts come as options, as URLs or from variables of their own. */
import type { Call } from '../shell/run.js';
import { optionsOf, target, type Asked, type ProgramRule } from './asked.js';

type Client = Readonly<{
  protocol: string;
  host: readonly string[];
  port: readonly string[];
  /** Further options that take a value, so that the value is not taken for something else. */
  valued?: readonly string[];
  /** Options, or `rest` for arguments, that hold an address or a URL, several separated by commas. */
  addresses?: readonly string[];
  variables?: Readonly<{ host: string; port: string }>;
  as: (call: Call) => Asked['as'] | null;
}>;

const probes = (): Asked['as'] => 'probes';
const works = (): Asked['as'] => 'works';
const when =
  (pattern: RegExp, as: Asked['as']): Client['as'] =>
  ({ args }) =>
    args.some((arg) => pattern.test(arg)) ? as : 'works';

function clientRule(name: string, client: Client): ProgramRule {
  return (call) => {
    const as = client.as(call);
    if (as === null) return [];
    const tell = (what: Asked['what']): Asked => ({ what, protocol: client.protocol, rule: name, as });
    const addresses = client.addresses ?? [];
    const own = addresses.filter((one) => one !== 'rest');
    const options = optionsOf(call.args, [...client.host, ...client.port, ...own, ...(client.valued ?? [])]);
    const listed = [...options.of(...own), ...(addresses.includes('rest') ? options.rest : [])];
    const told = listed.flatMap((value) => value.split(',')).filter((value) => isOne(value, client));
    if (told.length > 0) return told.map((value) => tell(target(value)));
    const host =
      options.of(...client.host)[0] ??
      call.environment.get(client.variables?.host ?? '') ??
      conninfo(call.args, 'host');
    if (host === undefined)
      return client.variables ? [tell({ kind: 'address', host: `$${client.variables.host}`, port: undefined })] : [];
    const port =
      options.of(...client.port)[0] ??
      call.environment.get(client.variables?.port ?? '') ??
      conninfo(call.args, 'port');
    // `mysql -h db:3306` and `psql -h postgres://…` are met as well.
    return [tell(port === undefined ? target(host) : { kind: 'address', host, port })];
  };
}

/** Of arguments, only what is an address or a URL; what an option names is one. */
const isOne = (value: string, { addresses }: Client): boolean =>
  value !== '' && (!addresses?.includes('rest') || value.includes('://') || /^[\w.$-]+:(?:\d+|\$\w+)/.test(value));

/** `psql "host=db port=5432 …"`. */
const conninfo = (args: readonly string[], key: string): string | undefined => {
  for (const arg of args) {
    const value = new RegExp(`(?:^|\\s)${key}=(\\S+)`).exec(arg)?.[1];
    if (value !== undefined && !arg.startsWith('-')) return value;
  }
  return undefined;
};

const postgres = {
  protocol: 'postgres',
  host: ['-h', '--host'],
  port: ['-p', '--port'],
  variables: { host: 'PGHOST', port: 'PGPORT' },
};
const postgresValued = [
  '-U',
  '-d',
  '-t',
  '-c',
  '-f',
  '-v',
  '--username',
  '--dbname',
  '--timeout',
  '--command',
  '--file',
];
const mysql = {
  protocol: 'mysql',
  host: ['-h', '--host'],
  port: ['-P', '--port'],
  valued: ['-u', '-e', '--user', '--execute', '--connect-timeout', '-D', '--database', '--protocol', '-S', '--socket'],
};
const mongo = {
  protocol: 'mongodb',
  host: ['--host', '-h'],
  port: ['--port'],
  addresses: ['rest'],
  valued: ['--eval', '-u', '-p', '--username', '--password', '--authenticationDatabase'],
};
const kafka = {
  protocol: 'kafka',
  host: [],
  port: [],
  addresses: ['--bootstrap-server', '--broker-list', '-b'],
  valued: ['--command-config', '--topic'],
};

const clients: Readonly<Record<string, Client>> = {
  pg_isready: { ...postgres, valued: postgresValued, as: probes },
  psql: { ...postgres, addresses: ['rest'], valued: postgresValued, as: works },
  mysqladmin: { ...mysql, as: when(/^(?:ping|status|version)$/, 'probes') },
  'mariadb-admin': { ...mysql, as: when(/^(?:ping|status|version)$/, 'probes') },
  mysql: { ...mysql, as: works },
  mariadb: { ...mysql, as: works },
  'redis-cli': {
    protocol: 'redis',
    host: ['-h'],
    port: ['-p'],
    addresses: ['-u'],
    valued: ['-a', '-n', '--user', '--pass', '-t'],
    as: when(/^ping$/i, 'probes'),
  },
  'valkey-cli': {
    protocol: 'redis',
    host: ['-h'],
    port: ['-p'],
    addresses: ['-u'],
    valued: ['-a', '-n', '--user', '--pass', '-t'],
    as: when(/^ping$/i, 'probes'),
  },
  mongo: { ...mongo, as: when(/ping|hello|isMaster|rs\.status|serverStatus/i, 'probes') },
  mongosh: { ...mongo, as: when(/ping|hello|isMaster|rs\.status|serverStatus/i, 'probes') },
  'kafka-topics': { ...kafka, as: when(/^--list$/, 'probes') },
  'kafka-topics.sh': { ...kafka, as: when(/^--list$/, 'probes') },
  'kafka-broker-api-versions': { ...kafka, as: probes },
  'kafka-broker-api-versions.sh': { ...kafka, as: probes },
  kcat: { ...kafka, as: when(/^-L$/, 'probes') },
  kafkacat: { ...kafka, as: when(/^-L$/, 'probes') },
  nats: {
    protocol: 'nats',
    host: [],
    port: [],
    addresses: ['-s', '--server'],
    as: when(/^(?:ping|check|rtt)$/, 'probes'),
  },
  'nats-req': { protocol: 'nats', host: [], port: [], addresses: ['-s'], as: works },
  rabbitmqadmin: {
    protocol: 'rabbitmq',
    host: ['-H', '--host'],
    port: ['-P', '--port'],
    valued: ['-u', '-p', '-V'],
    as: works,
  },
  'clickhouse-client': {
    protocol: 'clickhouse',
    host: ['-h', '--host'],
    port: ['--port'],
    valued: ['-u', '--user', '--password', '-q', '--query', '-d'],
    as: works,
  },
  sqlcmd: { protocol: 'mssql', host: ['-S'], port: [], valued: ['-U', '-P', '-Q', '-q', '-d', '-i', '-l'], as: works },
  etcdctl: {
    protocol: 'etcd',
    host: [],
    port: [],
    addresses: ['--endpoints', '--endpoint'],
    valued: ['--cacert', '--cert', '--key'],
    as: when(/^(?:endpoint|health|cluster-health)$/, 'probes'),
  },
  influx: {
    protocol: 'influxdb',
    host: ['-host'],
    port: ['-port'],
    addresses: ['--host'],
    valued: ['-execute', '-username', '-password', '--token'],
    as: when(/^ping$/, 'probes'),
  },
  temporal: {
    protocol: 'temporal',
    host: [],
    port: [],
    addresses: ['--address'],
    valued: ['--namespace', '-n'],
    as: when(/^(?:health|cluster)$/, 'probes'),
  },
  tctl: {
    protocol: 'temporal',
    host: [],
    port: [],
    addresses: ['--address', '--ad'],
    valued: ['--namespace', '--ns'],
    as: when(/^(?:health|cluster)$/, 'probes'),
  },
};

const cqlsh: ProgramRule = ({ args }) => {
  const [host, port] = optionsOf(args, [
    '-u',
    '-p',
    '-e',
    '-f',
    '-k',
    '--request-timeout',
    '--connect-timeout',
    '--cqlversion',
  ]).rest;
  return host === undefined
    ? []
    : [{ what: { kind: 'address', host, port }, protocol: 'cassandra', rule: 'cqlsh', as: 'works' }];
};

/** `sqlcmd -S host,1433`: a comma, not a colon. */
const sqlcmd: ProgramRule = (call) =>
  clientRule(
    'sqlcmd',
    clients['sqlcmd'] as Client,
  )({
    ...call,
    args: call.args.map((arg, at) => (call.args[at - 1] === '-S' ? arg.replace(/^tcp:/, '').replace(',', ':') : arg)),
  });

export const databasePrograms: Readonly<Record<string, ProgramRule>> = {
  ...Object.fromEntries(Object.entries(clients).map(([name, client]) => [name, clientRule(name, client)])),
  sqlcmd,
  cqlsh,
};
