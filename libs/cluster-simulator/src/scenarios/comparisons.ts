import { recordings, type Recording } from '../../../../test/recordings/reader.js';
import { scenarioNamed } from './index.js';

/** The recordings that the simulator is compared with, frame by frame: all there are. */
export const comparisons: readonly Recording[] = recordings();

const cellOf = (scenario: string, kubelet: Recording['kubelet']): string => {
  if (!comparisons.some((one) => one.scenario === scenario && one.kubelet === kubelet)) return '';
  return scenarioNamed(scenario).differs?.some((one) => one.kubelet === kubelet) ? 'but' : 'yes';
};

/** The table of the README: what is proven against which recording. */
export function provenTable(): string {
  const kubelets = ['1.36', '1.34', '1.33'] as const;
  const names = [...new Set(comparisons.map(({ scenario }) => scenario))].toSorted();
  const notes = (name: string): string => [...new Set(scenarioNamed(name).differs?.map(({ why }) => why))].join('; ');
  const rows = names.map(
    (name) => `| ${name} | ${kubelets.map((one) => cellOf(name, one)).join(' | ')} | ${notes(name)} |`,
  );
  return [
    '| recording | 1.36 | 1.34 | 1.33 | what differs, and why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
