/** Names of what is waited for: hosts, ports and URLs as people write them, and the one name they all come to. */

/** How a host is meant. */
export type HostKind = 'service' | 'pod' | 'host';

export type Endpoint = Readonly<{
  kind: HostKind;
  /** As short as it is clear for the pod: `db:5432`, `db.shop:5432`, `db.example.com:5432`. */
  target: string;
  /** The same for every pod of the cluster: `db.shop:5432`. Null where each pod means another: its own loopback. */
  name: string | null;
  port: number | null;
  /** False where the name could also be meant otherwise. */
  sure: boolean;
}>;

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const ipv6 = /^\[?[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*\]?$/i;
const ordinal = /^(.+)-\d+$/;

/** Last labels of public names: `NAME.TLD` is a host, `NAME.NAMESPACE` a Service. */
const publicLabels: ReadonlySet<string> = new Set(
  'com org net edu gov mil int io dev app cloud co uk us eu de fr nl ch at it es pt pl se no fi dk ru cn jp kr in au nz br ca tech info biz me tv ai sh xyz online site local localdomain lan internal intranet corp home test example'.split(
    ' ',
  ),
);

type Named = Readonly<{ kind: HostKind; short: string; full: string | null; sure: boolean }>;

/** Reads a host: of a Service `NAME`, `NAME.NAMESPACE`, `NAME.NAMESPACE.svc` with or without the cluster's domain; of a pod behind one; any other. */
function named(host: string, namespace: string): Named | null {
  const bare = host.toLowerCase().replace(/\.$/, '');
  if (bare === 'localhost' || bare === '0.0.0.0' || bare === '[::1]' || bare === '::1' || bare.startsWith('127.'))
    return { kind: 'host', short: bare, full: null, sure: true };
  if (ipv4.test(bare)) return { kind: 'host', short: bare, full: bare, sure: true };
  if (ipv6.test(bare)) {
    const bracketed = bare.startsWith('[') ? bare : `[${bare}]`;
    return { kind: 'host', short: bracketed, full: bracketed, sure: true };
  }
  const labels = bare.split('.');
  if (bare.length > 253 || !labels.every((one) => label.test(one)) || /^\d+$/.test(bare)) return null;
  return ofCluster(labels, namespace) ?? { kind: 'host', short: bare, full: bare, sure: true };
}

/** Names that the cluster's own DNS answers (Kubernetes docs, "DNS for Services and Pods"). */
function ofCluster(labels: readonly string[], own: string): Named | null {
  const svc = labels.indexOf('svc');
  const [first = '', second = '', third = ''] = labels;
  if (svc === 1) return service(first, own, own, true);
  if (svc === 2) return service(first, second, own, true);
  if (svc === 3) return pod(`${first}.${second}`, third, own, true);
  if (svc !== -1) return null;
  const last = labels.at(-1) ?? '';
  if (labels.length === 1) return service(first, own, own, true);
  if (publicLabels.has(last)) return null;
  const set = ordinal.exec(first)?.[1];
  if (labels.length === 2) {
    return set !== undefined && (second === set || second.startsWith(`${set}-`) || set.startsWith(`${second}-`))
      ? pod(`${first}.${second}`, own, own, false)
      : service(first, second, own, second === own);
  }
  return labels.length === 3 && set !== undefined ? pod(`${first}.${second}`, third, own, false) : null;
}

const service = (name: string, namespace: string, own: string, sure: boolean): Named => ({
  kind: 'service',
  short: namespace === own ? name : `${name}.${namespace}`,
  full: `${name}.${namespace}`,
  sure,
});

/** @param name of the pod and of the Service that governs its name */
const pod = (name: string, namespace: string, own: string, sure: boolean): Named => ({
  kind: 'pod',
  short: namespace === own ? name : `${name}.${namespace}`,
  full: `${name}.${namespace}`,
  sure,
});

/** A port number as text, or null. */
export function portOf(text: string | undefined): number | null {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port > 0 && port <= 65_535 ? port : null;
}

/** The endpoint of a host and a port; null where the host is none. */
export function endpointOf(host: string, port: number | null, namespace: string): Endpoint | null {
  const name = named(host, namespace);
  if (!name) return null;
  const suffix = port === null ? '' : `:${port}`;
  const full = name.full === null ? null : name.full + suffix;
  return { kind: name.kind, target: name.short + suffix, name: full, port, sure: name.sure };
}

export type Url = Readonly<{ scheme: string; host: string; port: string | undefined; path: string }>;

const url =
  /^(?:jdbc:)?([a-z][a-z0-9+.-]{0,30}):\/\/(?:[^/?#@\s]*@)?(\[[0-9a-f:.]+\]|[^/:?#,\s]+)(?::([^/?#,\s]*))?([^?#\s]*)/i;

/** Scheme, first host, port and path of a URL; what could be a secret in it is left out. */
export function readUrl(text: string): Url | null {
  const [, scheme, host, port, path] = url.exec(text) ?? [];
  if (scheme === undefined || host === undefined) return null;
  return { scheme: scheme.toLowerCase(), host, port: port || undefined, path: path?.startsWith('/') ? path : '' };
}

const ports: Readonly<Record<string, number>> = {
  http: 80,
  ws: 80,
  https: 443,
  wss: 443,
  postgres: 5432,
  mysql: 3306,
  redis: 6379,
  mongodb: 27017,
  amqp: 5672,
  amqps: 5671,
  kafka: 9092,
  nats: 4222,
  cassandra: 9042,
  zookeeper: 2181,
  etcd: 2379,
  clickhouse: 9000,
  mssql: 1433,
  influxdb: 8086,
  ldap: 389,
  memcached: 11211,
  rabbitmq: 15672,
  temporal: 7233,
};

const aliases: Readonly<Record<string, string>> = {
  postgresql: 'postgres',
  pg: 'postgres',
  mariadb: 'mysql',
  mysql2: 'mysql',
  rediss: 'redis',
  mongo: 'mongodb',
  'mongodb+srv': 'mongodb',
  sqlserver: 'mssql',
  'http-get': 'http',
  'https-get': 'https',
};

/** A protocol's one name: of `postgresql`, of `postgresql+psycopg2` and of `pg` it is `postgres`. */
export function protocolOf(scheme: string): string {
  const bare = scheme in aliases ? scheme : (scheme.split('+')[0] ?? scheme);
  return Object.hasOwn(aliases, bare) ? (aliases[bare] ?? bare) : bare;
}

/** The port that a protocol's clients take when none is told. */
export const portOfProtocol = (protocol: string | null): number | null =>
  protocol !== null && Object.hasOwn(ports, protocol) ? (ports[protocol] ?? null) : null;
