import { isFields, type Fields } from '../api/kube-object.js';

/** One watch frame, its ids and times replaced by symbols. */
export type Frame = Readonly<{ type: string; object: Fields }>;

/** A frame as it was received or written. */
export type RawFrame = Readonly<{ type: string; object: unknown }>;

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** What differs from one run to the next and means the same: each becomes a symbol, the same one for the same text. */
const ids: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'uid'],
  [/(?<=containerd:\/\/)[0-9a-f]{64}/g, 'container'],
  [/(?<=")[0-9a-f]{32}(?=")/g, 'static'],
  [/(?<=sha256:)[0-9a-f]{64}/g, 'digest'],
  [/\b10\.\d+\.\d+\.\d+\b/g, 'ip'],
  [new RegExp(`(?<=kube-api-access-)[${letters}]{5}\\b`, 'g'), 'token'],
  [new RegExp(`(?<=[-"])[${letters}]{8,10}(?=[-"\\\\. ])(?=.)`, 'g'), 'hash'],
];

const times: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/"resourceVersion":"\d+"/g, '"resourceVersion":"RV"'],
  [/\bin [\d.ms]+ \([\d.ms]+ including waiting\)/g, 'in DURATION (DURATION including waiting)'],
  [/(?<=\b(?:available: |was using )|"offending_containers_usage":")\d+Ki\b/g, 'MEASURED'],
  [/\b192\.0\.2\.\d+\b/g, 'HOST-IP'],
  [/\bnode-a\b/g, 'NODE'],
  [/(?<="name":"[^"]+\.)[0-9a-f]{16}"/g, 'NANOSECONDS"'],
];

/** Replaces ids and times in frames, consistently over all frames that go through the same one. */
class Symbols {
  private readonly known = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  /** @param generated what `generateName` says where no hash follows it: what comes after it is an id */
  constructor(private readonly generated: readonly string[] = []) {}

  normal({ type, object }: RawFrame): Frame {
    let text = JSON.stringify(object);
    for (const [pattern, symbol] of ids) text = text.replace(pattern, (id) => this.symbolOf(id, symbol));
    for (const [pattern, symbol] of times) text = text.replace(pattern, symbol);
    text = text.replace(new RegExp(`(?<=<hash-\\d+>-)[${letters}]{5}(?=["\\\\. _])`, 'g'), (id) =>
      this.symbolOf(id, 'pod'),
    );
    for (const name of this.generated)
      text = text.replace(new RegExp(`(?<=\\b${name})[${letters}]{5}(?![a-z0-9])`, 'g'), (id) =>
        this.symbolOf(id, 'pod'),
      );
    return { type, object: JSON.parse(text) as Fields };
  }

  private symbolOf(id: string, kind: string): string {
    const key = `${kind} ${id}`;
    const known = this.known.get(key);
    if (known) return known;
    const number = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, number);
    this.known.set(key, `<${kind}-${number}>`);
    return `<${kind}-${number}>`;
  }
}

/** Frames by the pod that they are about, each pod's in their order, with symbols of its own. */
export function byPod(
  frames: readonly RawFrame[],
  podOf: (object: Fields) => string,
  generated: readonly string[] = [],
): Map<string, Frame[]> {
  const pods = new Map<string, { symbols: Symbols; frames: Frame[] }>();
  for (const frame of frames) {
    const pod = podOf(frame.object as Fields);
    const entry = pods.get(pod) ?? { symbols: new Symbols(generated), frames: [] };
    pods.set(pod, entry);
    entry.frames.push(entry.symbols.normal(frame));
  }
  return new Map([...pods].map(([pod, entry]) => [pod, entry.frames]));
}

const short = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 160));

/** Where two JSON values differ, as lines to read. */
function differences(wanted: unknown, found: unknown, path = ''): string[] {
  if (isFields(wanted) && isFields(found)) {
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
    return names.flatMap((name) => differences(wanted[name], found[name], `${path}.${name}`));
  }
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.length === found.length) {
    return wanted.flatMap((one, i) => differences(one, found[i], `${path}[${i}]`));
  }
  return JSON.stringify(wanted) === JSON.stringify(found)
    ? []
    : [`${path}: recorded ${short(wanted)}, played ${short(found)}`];
}

/** Where two sequences of frames differ: nothing, if the second begins with the first. */
export function framesDiffer(of: string, wanted: readonly Frame[], found: readonly Frame[]): string[] {
  return wanted.flatMap((frame, i) =>
    differences(frame, found[i]).map((line) => `${of} frame ${i + 1} of ${wanted.length} ${line}`),
  );
}
