/** Programs that were written to wait. */
import { isAddress, optionsOf, target, type Asked, type ProgramRule } from './asked.js';

const waits = (what: Asked['what'], rule: string, protocol: string | null = null): Asked => ({
  what,
  rule,
  protocol,
  as: 'waits',
});

/** `wait-for-it.sh HOST:PORT`, `-h HOST -p PORT`, `-s HOST:PORT` more than once, and `wait-for URL`; what comes after `--` is run afterwards. */
const waitForIt: ProgramRule = ({ args }) => {
  const end = args.indexOf('--');
  const { of, rest } = optionsOf(end === -1 ? args : args.slice(0, end), [
    '-h',
    '--host',
    '-p',
    '--port',
    '-t',
    '--timeout',
    '-s',
    '--service',
    '-c',
    '--command',
    '-i',
    '-w',
  ]);
  const [host] = of('-h', '--host');
  const [port] = of('-p', '--port');
  if (host !== undefined) return [waits({ kind: 'address', host, port }, 'wait-for-it', 'tcp')];
  const told = [...of('-s', '--service'), ...rest.flatMap((word) => word.split(','))].filter(
    (word) => isAddress(word) || word.includes('://'),
  );
  if (told.length > 0)
    return told.map((word) => waits(target(word), 'wait-for-it', word.includes('://') ? null : 'tcp'));
  const [first, second] = rest;
  return first !== undefined && /^(?:\d+|\$\w+)$/.test(second ?? '')
    ? [waits({ kind: 'address', host: first, port: second }, 'wait-for-it', 'tcp')]
    : [];
};

const dockerize: ProgramRule = ({ args }) =>
  optionsOf(args, ['-wait', '--wait', '-timeout', '-wait-retry-interval', '-template', '-stdout', '-stderr'])
    .of('-wait', '--wait')
    .map((url) => waits(url.startsWith('file://') ? { kind: 'file', path: url.slice(7) } : target(url), 'dockerize'));

/** `wait4x tcp HOST:PORT`, `wait4x postgresql URL`, several of a kind after one another. */
const wait4x: ProgramRule = ({ args }) => {
  const { rest } = optionsOf(args, [
    '-t',
    '--timeout',
    '-i',
    '--interval',
    '--expect-status-code',
    '--expect-body-regex',
    '--expect-body-json',
  ]);
  const [kind = '', ...told] = rest;
  const protocol = kind === 'http' ? null : kind;
  return told.map((word) =>
    waits(
      word.includes('://') || kind !== 'http' ? target(word) : { kind: 'url', url: `http://${word}` },
      'wait4x',
      protocol,
    ),
  );
};

/** npm's `wait-on tcp:HOST:PORT http-get://… file:…`. */
const waitOn: ProgramRule = ({ args }) =>
  optionsOf(args, [
    '-t',
    '--timeout',
    '-i',
    '--interval',
    '-d',
    '--delay',
    '-c',
    '--config',
    '-w',
    '--window',
    '-s',
    '--simultaneous',
  ]).rest.flatMap((word) => {
    const [, scheme, rest] = /^(tcp|file|socket):(.*)$/.exec(word) ?? [];
    if (scheme === 'tcp') return [waits(target(rest ?? ''), 'wait-on', 'tcp')];
    if (scheme === 'file') return [waits({ kind: 'file', path: rest ?? '' }, 'wait-on')];
    return word.includes('://') ? [waits({ kind: 'url', url: word.replace(/^(https?)-get/, '$1') }, 'wait-on')] : [];
  });

/** Confluent's `cub kafka-ready -b HOST:PORT 1 60`, `cub zk-ready HOST:PORT 60`, `cub sr-ready HOST PORT 60`. */
const cub: ProgramRule = ({ args: [what, ...args] }) => {
  const { of, rest } = optionsOf(args, ['-b', '-c', '-s', '-z']);
  const [first, second] = rest;
  if (what === 'kafka-ready')
    return of('-b')
      .flatMap((list) => list.split(','))
      .map((word) => waits(target(word), 'cub', 'kafka'));
  if (first === undefined) return [];
  if (what === 'zk-ready') return first.split(',').map((word) => waits(target(word), 'cub', 'zookeeper'));
  return [waits({ kind: 'address', host: first, port: second }, 'cub', 'http')];
};

/** A script that somebody named for what it does, given addresses: `/scripts/wait-for-db.sh db:5432`. */
export const waitScript: ProgramRule = ({ program, args }) => {
  if (!/(?:^|[-_.])(?:wait|await|waitfor|wait_?for|waiter|ready|healthy)(?:[-_.]|$)|^wait|^check[-_]/i.test(program))
    return [];
  const told = args.filter((word) => isAddress(word) || /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(word));
  if (told.length > 0) return told.map((word) => waits(target(word), 'wait-script'));
  const [host, port] = args;
  return host !== undefined && /^[\w.$-]+$/.test(host) && /^(?:\d{2,5}|\$\w+)$/.test(port ?? '')
    ? [waits({ kind: 'address', host, port }, 'wait-script')]
    : [];
};

const forIts = [
  'wait-for-it',
  'wait-for-it.sh',
  'wait_for_it.sh',
  'wait_for_it',
  'waitforit',
  'waitforit.sh',
  'wait-for',
  'wait-for.sh',
  'wait-port',
  'wait-for-port',
];

export const waiterPrograms: Readonly<Record<string, ProgramRule>> = {
  ...Object.fromEntries(forIts.map((name) => [name, waitForIt])),
  dockerize,
  wait4x,
  'wait-on': waitOn,
  cub,
};
