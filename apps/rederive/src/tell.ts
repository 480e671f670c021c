/** What `rederive` prints. Pure. */
import { withoutNames, type FieldDifference, type PodReread } from '#libs/projections';

/** Values longer than this are cut in what people read; `--json` has them whole. */
const SHOWN = 120;

/** One pod as one JSON object for each field that differs. */
export function toJsonLines(pod: PodReread): string {
  const { shardId: shard, uid, namespace, name, rules } = pod;
  const common = { shard, uid, namespace, name, rules };
  const lines = pod.differences.map(({ path, from, to }) => JSON.stringify({ ...common, path, from, to }));
  if (pod.error !== null) lines.push(JSON.stringify({ ...common, error: pod.error }));
  return lines.map((line) => `${line}\n`).join('');
}

/** One pod for people. */
export function toText({ shardId, uid, namespace, name, differences, error }: PodReread): string {
  const title = `${namespace ?? '?'}/${name ?? '?'}  ${uid}  shard ${shardId}`;
  const lines = differences.map((difference) => `  ${fieldText(difference)}`);
  if (error !== null) lines.push(`  cannot be read: ${error.split('\n')[0]}`);
  return `${[title, ...lines].join('\n')}\n\n`;
}

const fieldText = ({ path, from, to }: FieldDifference): string => `${path}: ${shown(from)} → ${shown(to)}`;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** What all pods come to. Memory: one entry for each field path. */
export class Tally {
  pods = 0;
  differing = 0;
  unreadable = 0;
  frozen = 0;
  #rules: PodReread['rules'] | undefined;
  readonly #fields = new Map<string, Readonly<{ pods: number; example: string }>>();

  add(pod: PodReread): void {
    this.pods += 1;
    this.#rules ??= pod.rules;
    if (pod.error !== null) this.unreadable += 1;
    if (pod.frozen) this.frozen += 1;
    if (pod.differences.length > 0 || pod.error !== null) this.differing += 1;
    for (const path of new Set(pod.differences.map((one) => fieldOf(one.path)))) {
      const known = this.#fields.get(path);
      this.#fields.set(path, { pods: (known?.pods ?? 0) + 1, example: known?.example ?? pod.uid });
    }
  }

  /** The last line: how many pods, by which rules. */
  line(): string {
    const { pods, differing, unreadable, frozen } = this;
    if (!this.#rules) return 'Nothing was recorded of any such pod.\n';
    const { from, to } = this.#rules;
    const cannot = unreadable > 0 ? `, ${unreadable} of them because they cannot be read` : '';
    const stay = frozen > 0 ? ` Of ${frozen} all observations were dropped: they stay told as they are.` : '';
    return `${pods} pods, in force by rules ${from}, read again by rules ${to}: ${differing} differ${cannot}.${stay}\n`;
  }

  /** How many pods differ in which fields, the most frequent first. */
  fields(): string {
    const rows = [...this.#fields].toSorted(([, a], [, b]) => b.pods - a.pods);
    return rows.map(([path, { pods, example }]) => `${String(pods).padStart(8)}  ${path}  (${example})\n`).join('');
  }
}

/** Happenings differ by their type, not each for itself. */
const fieldOf = (path: string): string => withoutNames(path).replace(/^happenings\.\d+ (\w+) [^.]*/, 'happenings.$1');
