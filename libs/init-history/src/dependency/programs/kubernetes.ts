/** What waits for other objects of the cluster, and for migrations that somebody else runs. */
import { optionsOf, type Asked, type ProgramRule } from './asked.js';

type Kind = 'job' | 'pod' | 'resource' | 'service';

/** Kinds as kubectl abbreviates them. */
const kinds: Readonly<Record<string, string>> = {
  po: 'pod',
  pods: 'pod',
  jobs: 'job',
  'jobs.batch': 'job',
  'job.batch': 'job',
  svc: 'service',
  services: 'service',
  deploy: 'deployment',
  deployments: 'deployment',
  sts: 'statefulset',
  statefulsets: 'statefulset',
  ds: 'daemonset',
  daemonsets: 'daemonset',
};

const kindOf = (text: string): string => {
  const lower = text.toLowerCase();
  return Object.hasOwn(kinds, lower) ? (kinds[lower] ?? lower) : lower;
};

const objectOf = (type: string, name: string, namespace: string | null): Asked['what'] => {
  const kind = kindOf(type);
  const own: Kind | null = kind === 'job' || kind === 'pod' || kind === 'service' ? kind : null;
  return own ? { kind: own, name, namespace } : { kind: 'resource', name: `${kind}/${name}`, namespace };
};

/** `TYPE/NAME …`, `TYPE NAME`, `TYPE -l SELECTOR`. */
function objects(
  words: readonly string[],
  selector: string | undefined,
  namespace: string | null,
): readonly Asked['what'][] {
  const [type, ...names] = words;
  if (type === undefined) return [];
  if (type.includes('/')) {
    return words
      .filter((word) => word.includes('/'))
      .map((word) => {
        const slash = word.indexOf('/');
        return objectOf(word.slice(0, slash), word.slice(slash + 1), namespace);
      });
  }
  const chosen = names.length > 0 ? names : selector === undefined ? [] : [`-l ${selector}`];
  return chosen.map((name) => objectOf(type, name, namespace));
}

const kubectlValued =
  '-n --namespace -l --selector --timeout --for -o --output --context --kubeconfig --field-selector -f --filename -c --container --request-timeout'.split(
    ' ',
  );

const kubectl: ProgramRule = ({ args }) => {
  const { of, rest } = optionsOf(args, kubectlValued);
  const [verb, ...words] = rest;
  const namespace = of('-n', '--namespace')[0] ?? null;
  const [selector] = of('-l', '--selector');
  const tell = (as: Asked['as'], of_: readonly string[]): readonly Asked[] =>
    objects(of_, selector, namespace).map((what) => ({ what, protocol: null, rule: `kubectl-${verb}`, as }));
  if (verb === 'wait') return of('--for').some((condition) => condition === 'delete') ? [] : tell('waits', words);
  if (verb === 'rollout' && words[0] === 'status') return tell('waits', words.slice(1));
  return verb === 'get' || verb === 'describe' ? tell('works', words) : [];
};

/** groundnuty/k8s-wait-for: `pod -l app=x`, `service NAME`, `job NAME`, with -wr and -we variants of the latter two. */
const k8sWaitFor: ProgramRule = ({ args }) => {
  const words = args.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
  const { of, rest } = optionsOf(words, ['-n', '-l', '--namespace']);
  const [type = '', ...names] = rest;
  const base = type.replace(/-(?:wr|we)$/, '');
  if (base !== 'pod' && base !== 'service' && base !== 'job') return [];
  const namespace = of('-n', '--namespace')[0] ?? null;
  const [selector] = of('-l');
  return objects([base, ...names], selector, namespace).map((what) => ({
    what,
    protocol: null,
    rule: 'k8s-wait-for',
    as: 'waits',
  }));
};

/** opsfleet/depends-on: `-service=NAME -job=NAME`, each more than once. */
const dependsOn: ProgramRule = ({ args }) => {
  const { of } = optionsOf(args, ['-service', '--service', '-job', '--job']);
  return [
    ...of('-service', '--service').map((name) => objectOf('service', name, null)),
    ...of('-job', '--job').map((name) => objectOf('job', name, null)),
  ].map((what) => ({ what, protocol: null, rule: 'depends-on', as: 'waits' }));
};

/** `airflow db check-migrations` waits until somebody else has migrated; `db check` until the database answers. */
const airflow: ProgramRule = ({ args }) => {
  const said = args.join(' ');
  if (!/\bcheck[-_]migrations\b/.test(said)) return [];
  return [
    { what: { kind: 'migrations', of: 'airflow' }, protocol: null, rule: 'airflow-check-migrations', as: 'waits' },
  ];
};

/** `[ -f /vault/secrets/config ]`, `test -e …`, `ls …`: only where a loop repeats it. */
const fileTest: ProgramRule = ({ args }) =>
  optionsOf(args, ['-f', '-e', '-s', '-d', '-S', '-r'])
    .of('-f', '-e', '-s', '-d', '-S', '-r')
    .filter((path) => path.startsWith('/'))
    .map((path) => ({
      what: { kind: 'file', path },
      protocol: null,
      rule: 'file-test',
      as: 'works',
    }));

export const kubernetesPrograms: Readonly<Record<string, ProgramRule>> = {
  kubectl,
  oc: kubectl,
  'k8s-wait-for': k8sWaitFor,
  'wait_for.sh': k8sWaitFor,
  'depends-on': dependsOn,
  airflow,
  '[': fileTest,
  '[[': fileTest,
  test: fileTest,
};
