/** From what a program is asked about to the dependency it names. */
import type { Confidence, Dependency } from './dependency.js';
import { endpointOf, portOf, portOfProtocol, protocolOf, readUrl } from './endpoint.js';
import type { Asked } from './programs/asked.js';
import type { Given } from './shell/scope.js';

const mostText = 200;

/** A dependency without what is the same for all that one question names. */
type Naming = Pick<Dependency, 'kind' | 'target' | 'endpoint' | 'port' | 'protocol' | 'confidence'>;

type Object = Extract<Asked['what'], { name: string }>;

/** @returns none where what is named cannot be waited for: an empty name, a text that is no host */
export function named(
  asked: Asked,
  confidence: Confidence,
  given: Given,
  evidence: Dependency['evidence'],
): readonly Dependency[] {
  const naming = namingOf(asked, confidence, given);
  return naming
    ? [{ ...naming, rule: asked.rule, evidence: { ...evidence, text: evidence.text.slice(0, mostText) } }]
    : [];
}

function namingOf({ what, protocol }: Asked, confidence: Confidence, given: Given): Naming | null {
  const none = { endpoint: null, port: null, protocol: null, confidence };
  switch (what.kind) {
    case 'address':
      return address({ host: what.host, port: what.port, protocol }, confidence, given);
    case 'url':
      return ofUrl({ url: what.url, protocol }, confidence, given);
    case 'job':
    case 'pod':
    case 'resource':
    case 'service':
      return ofObject(what, confidence, given);
    case 'file':
      return { ...none, kind: 'file', target: resolved(what.path, given) };
    case 'migrations':
      return {
        ...none,
        kind: 'migrations',
        target: `${what.of} migrations`,
        endpoint: `migrations/${what.of}.${given.namespace}`,
      };
  }
}

/** `$NAME` and `${NAME}` of the environment where a literal of it was kept. */
const resolved = (text: string, { environment }: Given): string =>
  text.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
    (all, braced?: string, bare?: string) => environment.get(braced ?? bare ?? '') ?? all,
  );

function ofObject(what: Object, confidence: Confidence, given: Given): Naming {
  const namespace = resolved(what.namespace ?? given.namespace, given);
  const name = resolved(what.name, given);
  const none = { port: null, protocol: null };
  const label = what.kind === 'resource' ? name : `${what.kind} ${name}`;
  if (name.includes('$')) return { ...none, kind: 'unknown', target: label, endpoint: null, confidence: 'weak' };
  const known = !namespace.includes('$');
  const target = namespace === given.namespace || !known ? label : `${label} in ${namespace}`;
  const prefix = what.kind === 'resource' ? '' : `${what.kind}/`;
  return { ...none, kind: what.kind, target, endpoint: known ? `${prefix}${name}.${namespace}` : null, confidence };
}

const strongAtMost = (confidence: Confidence): Confidence => (confidence === 'certain' ? 'strong' : confidence);

type Address = Readonly<{ host: string; port: string | undefined; protocol: string | null }>;

function address(told: Address, confidence: Confidence, given: Given): Naming | null {
  const host = resolved(told.host, given);
  const port = told.port === undefined ? undefined : resolved(told.port, given);
  const protocol = told.protocol === 'dns' ? null : told.protocol;
  const known = portOf(port);
  const assumed = port === undefined ? portOfProtocol(protocol) : null;
  if (host === '' || isUnset(host, given)) return null;
  if (host.includes('$')) return variable(host, known ?? assumed, protocol);
  if (port !== undefined && known === null && !port.includes('$')) return null;
  const endpoint = endpointOf(host, known ?? assumed, given.namespace);
  if (!endpoint) return null;
  const sure = endpoint.sure && assumed === null && (port === undefined || known !== null);
  const { kind, target, name } = endpoint;
  const rests = { kind, target, endpoint: name, port: endpoint.port, protocol };
  return { ...rests, confidence: sure ? confidence : strongAtMost(confidence) };
}

/** A host that only a variable names, whose value is not here; nothing where it would have to be run for. */
const variable = (host: string, port: number | null, protocol: string | null): Naming | null =>
  host.includes('$()')
    ? null
    : {
        kind: 'unknown',
        target: port === null ? host : `${host}:${port}`,
        endpoint: null,
        port,
        protocol,
        confidence: 'weak',
      };

/** libpq's own variable, which nobody set: then the client asks a socket of its own machine. */
const isUnset = (host: string, { environment, open }: Given): boolean =>
  host === '$PGHOST' && !environment.has('PGHOST') && !open;

const web: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss']);

function ofUrl(
  told: Readonly<{ url: string; protocol: string | null }>,
  confidence: Confidence,
  given: Given,
): Naming | null {
  const text = resolved(told.url, given);
  const url = readUrl(text);
  // `http://` was put before what may be a whole URL in a variable.
  if (!url) return text.includes('$') ? variable(text.replace(/^\w+:\/\//, ''), null, null) : null;
  const scheme = protocolOf(url.scheme);
  const protocol = scheme === 'tcp' || scheme === 'udp' ? (told.protocol ?? scheme) : scheme;
  if (!web.has(scheme)) return address({ host: url.host, port: url.port, protocol }, confidence, given);
  const found = address(
    { host: url.host, port: url.port ?? String(portOfProtocol(scheme)), protocol },
    confidence,
    given,
  );
  if (!found || found.kind === 'unknown') return found;
  const shown = url.port === undefined ? found.target.replace(/:\d+$/, '') : found.target;
  const path = url.path === '/' ? '' : url.path;
  return { ...found, kind: 'url', target: `${scheme}://${shown}${path}`.slice(0, mostText) };
}
