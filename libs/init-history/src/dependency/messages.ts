/** What a failed attempt says that it could not reach: the words of resolvers, shells, runtimes and clients. */
import type { Dependency } from './dependency.js';
import { named } from './named.js';

const host = String.raw`\[?[\w.:-]*[\w\]]`;
const name = String.raw`[A-Za-z0-9_][\w.-]*`;

type Form = Readonly<{ pattern: RegExp; protocol: string | null }>;

const form = (pattern: string, protocol: string | null = null): Form => ({
  pattern: new RegExp(pattern, 'i'),
  protocol,
});

/** The first group is the host, the second its port; a host with a port may be one group. */
const forms: readonly Form[] = [
  // The name could not be resolved.
  form(String.raw`lookup (${name})(?: on \S+)?: (?:no such host|server misbehaving|i/o timeout)`),
  form(String.raw`could not resolve host:? '?(${name})`),
  form(String.raw`bad address '(${name}(?::\d+)?)'`),
  form(String.raw`getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (${name})`),
  form(String.raw`could not translate host name "(${name})" to address`, 'postgres'),
  form(String.raw`Unknown MySQL server host '(${name})'`, 'mysql'),
  form(String.raw`(?:can't|cannot) (?:find|resolve) '?(${name})'?(?::|: NXDOMAIN|$)`),
  form(String.raw`UnknownHostException:? (${name})`),
  form(String.raw`Failed to resolve '(${name})'`),
  form(String.raw`(?:Name or service not known|nodename nor servname provided)[^\n]{0,40}?(${name}:\d+)`),
  // It could, and nobody answered.
  form(
    String.raw`(?:can't|cannot|could not|failed to|unable to) connect to (?:\w+ at )?([a-z][a-z0-9+.-]*:\/\/[^\s"']+)`,
  ),
  form(String.raw`connection to server at "(${host})"[^\n]{0,60}, port (\d+) failed`, 'postgres'),
  form(String.raw`running on host "(${host})"[^"]{0,100}?port (\d+)`, 'postgres'),
  form(String.raw`(${name}:\d+) - (?:no response|rejecting connections)`, 'postgres'),
  form(String.raw`Can't connect to (?:MySQL|MariaDB) server on '(${name}(?::\d+)?)'`, 'mysql'),
  form(String.raw`Could not connect to (?:Redis|Valkey) at (${host}:\d+)`, 'redis'),
  form(String.raw`Failed to connect to (${host}) port (\d+)`),
  form(
    String.raw`HTTPConnectionPool\(host='(${host})', port=(\d+)\)[^\n]{0,200}(?:refused|timed out|NewConnectionError)`,
    'http',
  ),
  form(String.raw`Connection to (${name}:\d+) refused`),
  form(String.raw`nc: (${name}) \([^)\s]*?:(\d+)\): (?:Connection refused|Host is unreachable|Connection timed out)`),
  form(String.raw`dial (?:tcp|udp) (${host}:\d+): (?:connect: |i/o )?(?:connection refused|timeout|no route to host)`),
  form(String.raw`connect (?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH) (${host}:\d+)`),
];

/** More of a message is not searched: last words stand at its end. */
const mostSearched = 4_096;

/** The dependency that a message says was not to be reached, or null: connecting and resolving alone, no other failure. */
export function unreachable(message: string, namespace: string, position: number | null): Dependency | null {
  const text = message.slice(-mostSearched);
  for (const { pattern, protocol } of forms) {
    const [all, first, second] = pattern.exec(text) ?? [];
    if (all === undefined || first === undefined) continue;
    const [, bare, port] = second === undefined ? (/^(.*?)(?::(\d+))?$/.exec(first) ?? []) : [first, first, second];
    const url = first.includes('://') ? ({ kind: 'url', url: first.replace(/[:;,.)]+$/, '') } as const) : null;
    const asked = {
      what: url ?? ({ kind: 'address', host: bare ?? first, port: second ?? port } as const),
      protocol,
      rule: 'message',
      as: 'works',
    } as const;
    const given = { namespace, environment: new Map(), open: false };
    const [found] = named(asked, 'strong', given, { source: 'message', text: all, position });
    if (found) return found;
  }
  return null;
}
