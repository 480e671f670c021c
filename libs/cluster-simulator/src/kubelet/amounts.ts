import { fieldAt, isFields, type Fields } from '../api/kube-object.js';
import { containersOf, type ContainerState, type PodState } from './pod-state.js';

type Kind = 'requests' | 'limits';

const decimals = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const binaries = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const small: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3 };

function factorOf(suffix: string): number {
  const binary = binaries.indexOf(suffix);
  if (binary > 0) return 1024 ** binary;
  return small[suffix] ?? 1000 ** Math.max(0, decimals.indexOf(suffix));
}

/** A quantity as a number of its unit; what is no quantity is none. */
function valueOf(text: string): number {
  const [, digits = '0', suffix = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(digits) * factorOf(suffix);
}

/** A number as Kubernetes writes it: with the greatest suffix that leaves it whole. */
function written(value: number, isBinary: boolean): string {
  const milli = Math.round(value * 1000);
  if (milli % 1000 !== 0) return `${milli}m`;
  const [step, suffixes] = isBinary ? [1024, binaries] : [1000, decimals];
  let [whole, power] = [milli / 1000, 0];
  while (whole !== 0 && whole % step === 0 && power < suffixes.length - 1) [whole, power] = [whole / step, power + 1];
  return `${whole}${suffixes[power]}`;
}

const sum = (texts: readonly string[]): string =>
  texts.length === 1
    ? (texts[0] ?? '')
    : written(
        texts.reduce((total, text) => total + valueOf(text), 0),
        texts.some((text) => text.endsWith('i')),
      );

const amountsOf = ({ spec }: ContainerState, kind: Kind): Fields => {
  const amounts = fieldAt(spec, 'resources', kind);
  return isFields(amounts) ? amounts : {};
};

/**
 * What a pod as a whole requests, or is limited to: the most that runs at once, which is its apps with all sidecars, or one init container with the sidecars
 * before it (`k8s.io/component-helpers/resource`, PodRequests and PodLimits). A container that says nothing counts for nothing.
 */
export function podAmounts({ inits, apps }: Pick<PodState, 'inits' | 'apps'>, kind: Kind): Fields {
  const isSidecar = ({ role }: ContainerState): boolean => role === 'sidecar';
  const together = [
    ...inits.map((one, i) => [...inits.slice(0, i).filter(isSidecar), one]),
    [...inits.filter(isSidecar), ...apps],
  ];
  const names = [...inits, ...apps].flatMap((one) => Object.keys(amountsOf(one, kind)));
  const most = (name: string): string =>
    together
      .map((group) => group.map((one) => amountsOf(one, kind)[name]).filter((one) => typeof one === 'string'))
      .filter((texts) => texts.length > 0)
      .map(sum)
      .reduce((greatest, text) => (valueOf(text) > valueOf(greatest) ? text : greatest));
  return Object.fromEntries([...new Set(names)].toSorted().map((name) => [name, most(name)]));
}

/** Whether anything in a pod has a request or a limit. */
export const hasAmounts = (state: PodState): boolean =>
  containersOf(state).some((one) =>
    (['requests', 'limits'] as const).some((kind) => Object.keys(amountsOf(one, kind)).length > 0),
  );
