/** Programs of the network: name lookups, connections, HTTP. */
import { isAddress, optionsOf, target, type Asked, type ProgramRule } from './asked.js';

const address = (host: string, port: string | undefined): Asked['what'] => ({ kind: 'address', host, port });

const lookup =
  (valued: readonly string[], nth = 0): ProgramRule =>
  ({ program, args }) => {
    const host = optionsOf(args, valued).rest[nth];
    if (host === undefined || host.startsWith('+') || host.startsWith('@')) return [];
    return [{ what: address(host, undefined), protocol: 'dns', rule: program, as: 'probes' }];
  };

/** `nc -z HOST PORT` in all its variants; one that listens asks nobody. */
const netcat: ProgramRule = ({ args }) => {
  const { rest, has } = optionsOf(args, ['-w', '-i', '-q', '-s', '-p', '-x', '-X', '-G', '-e', '-c', '-T']);
  const listens = has('-l') || has('--listen') || args.some((arg) => /^-[a-z]*l[a-z]*$/.test(arg));
  const [host, port] = rest;
  if (listens || host === undefined) return [];
  const asks = args.some((arg) => /^-[a-zA-Z]*z/.test(arg)) || has('--zero');
  const what = port === undefined ? target(host) : address(host, port);
  if (what.kind === 'address' && what.port === undefined) return [];
  return [{ what, protocol: 'tcp', rule: 'nc', as: asks ? 'probes' : 'works' }];
};

const telnet: ProgramRule = ({ args }) => {
  const [host, port] = optionsOf(args, []).rest;
  return host === undefined || port === undefined
    ? []
    : [{ what: address(host, port), protocol: 'tcp', rule: 'telnet', as: 'works' }];
};

const curlValued =
  '-o -w -H -X -d -u -m -A -e -b -c -F -T -x -K -r -E --output --write-out --header --request --data --data-raw --data-binary --data-urlencode --user --max-time --connect-timeout --retry --retry-delay --retry-max-time --user-agent --cacert --cert --key --resolve --proxy --range --form --url'.split(
    ' ',
  );

const looksUrl = (word: string): boolean =>
  word.includes('://') || /^(?:[\w.-]+|\$\w+)(?::(?:\d+|\$\w+))?(?:\/\S*)?$/.test(word);

const curl: ProgramRule = ({ args }) => {
  const options = optionsOf(args, curlValued);
  const urls = [...options.rest, ...options.of('--url')].filter(looksUrl);
  const retries = options.of('--retry').some((times) => times !== '0');
  return urls.map((url) => {
    const told = url.includes('://') ? url : `http://${url}`;
    return { what: { kind: 'url', url: told }, protocol: null, rule: 'curl', as: retries ? 'waits' : 'works' };
  });
};

const wgetValued =
  '-O -o -T -t -U -Y -P --output-document --timeout --tries --header --user --post-data -w --wait --waitretry --user-agent'.split(
    ' ',
  );

const wget: ProgramRule = ({ args }) => {
  const options = optionsOf(args, wgetValued);
  const spiders = options.has('--spider');
  const retries = options.has('--retry-connrefused');
  return options.rest.filter(looksUrl).map((url) => {
    const told = url.includes('://') ? url : `http://${url}`;
    return {
      what: { kind: 'url', url: told },
      protocol: null,
      rule: 'wget',
      as: retries ? 'waits' : spiders ? 'probes' : 'works',
    };
  });
};

const grpcProbe: ProgramRule = ({ args }) =>
  optionsOf(args, ['-addr', '--addr'])
    .of('-addr', '--addr')
    .map((addr) => ({
      what: target(addr),
      protocol: 'grpc',
      rule: 'grpc_health_probe',
      as: 'probes',
    }));

const grpcurl: ProgramRule = ({ args }) => {
  const found = optionsOf(args, ['-d', '-H', '-proto', '-import-path', '-max-time']).rest.find(isAddress);
  return found === undefined ? [] : [{ what: target(found), protocol: 'grpc', rule: 'grpcurl', as: 'works' }];
};

export const networkPrograms: Readonly<Record<string, ProgramRule>> = {
  nslookup: lookup(['-type', '-timeout', '-port']),
  host: lookup(['-t', '-W', '-R']),
  dig: lookup(['-t', '-p']),
  getent: (call) => (/^(?:hosts|ahosts|ahostsv4|ahostsv6)$/.test(call.args[0] ?? '') ? lookup([], 1)(call) : []),
  ping: lookup(['-c', '-W', '-w', '-i', '-s', '-t', '-I']),
  nc: netcat,
  ncat: netcat,
  netcat,
  telnet,
  curl,
  wget,
  grpc_health_probe: grpcProbe,
  'grpc-health-probe': grpcProbe,
  grpcurl,
};

/** bash's own connections: `</dev/tcp/HOST/PORT`. */
export function connectionsOf(redirects: readonly string[]): readonly Asked[] {
  return redirects.flatMap((path) => {
    const [, protocol, host, port] = /^\/dev\/(tcp|udp)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    return host === undefined || protocol === undefined
      ? []
      : [{ what: address(host, port), protocol, rule: 'dev-tcp', as: 'probes' }];
  });
}
