import { recordings, type Recording } from '../../../../test/recordings/reader.js';
import { scenarios } from './index.js';

/** Recordings of what is not simulated, and why not. */
const outage =
  'which of its writes fall into an outage of the API, and which of those the status manager repeats stale, is chance: `cutFromApi` plays an outage, without the stale write';

const unplayed: Readonly<Record<string, string>> = {
  'apiserver-compact': outage,
  'apiserver-kill': outage,
  'apiserver-restart': outage,
};

const reasonOf = ({ scenario }: Recording): string | undefined =>
  scenarios.some(({ name }) => name === scenario) ? undefined : (unplayed[scenario] ?? 'nobody said why');

/** The recordings that the simulator is compared with, frame by frame. */
export const comparisons: readonly Recording[] = recordings().filter((one) => reasonOf(one) === undefined);

/** The others, each with its reason. */
export const notPlayed: readonly (Recording & Readonly<{ why: string }>)[] = recordings().flatMap((one) => {
  const why = reasonOf(one);
  return why === undefined ? [] : [{ ...one, why }];
});

const cellOf = (scenario: string, kubelet: Recording['kubelet']): string => {
  if (!recordings().some((one) => one.scenario === scenario && one.kubelet === kubelet)) return '';
  if (reasonOf({ scenario, kubelet }) !== undefined) return 'no';
  const differs = scenarios.find(({ name }) => name === scenario)?.differs?.some((one) => one.kubelet === kubelet);
  return differs ? 'but' : 'yes';
};

/** The table of the README: what is proven against which recording. */
export function provenTable(): string {
  const kubelets = ['1.36', '1.34', '1.33'] as const;
  const names = [...new Set(recordings().map(({ scenario }) => scenario))].toSorted();
  const notes = (name: string): string => {
    const why = unplayed[name] ?? scenarios.find((one) => one.name === name)?.differs?.map((one) => one.why);
    return [...new Set([why ?? []].flat())].join('; ');
  };
  const rows = names.map(
    (name) => `| ${name} | ${kubelets.map((one) => cellOf(name, one)).join(' | ')} | ${notes(name)} |`,
  );
  return [
    '| recording | 1.36 | 1.34 | 1.33 | what differs, and why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
