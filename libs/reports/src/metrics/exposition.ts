/** A value of a family. `suffix` is what the exposition adds to the family's name. */
export type Sample = Readonly<{
  suffix: '' | '_total' | '_bucket' | '_sum' | '_count';
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Of a bucket: one observation that fell into it. Only OpenMetrics shows it. */
  exemplar?: Exemplar | undefined;
}>;

export type Exemplar = Readonly<{ traceId: string; value: number; at: number }>;

export type Family = Readonly<{
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: readonly Sample[];
}>;

export type Format = 'text' | 'openMetrics';

/** The families in Prometheus' text format 0.0.4 or in OpenMetrics 1.0, without its closing line. */
export const expose = (families: readonly Family[], format: Format): string =>
  families.map((family) => exposeFamily(family, format)).join('');

function exposeFamily({ name, help, type, samples }: Family, format: Format): string {
  // The text format names a counter with its suffix, OpenMetrics without.
  const named = type === 'counter' && format === 'text' ? `${name}_total` : name;
  const lines = samples.map((sample) => exposeSample(name, sample, format));
  return [`# HELP ${named} ${escaped(help, format === 'openMetrics')}`, `# TYPE ${named} ${type}`, ...lines, ''].join(
    '\n',
  );
}

function exposeSample(name: string, { suffix, labels, value, exemplar }: Sample, format: Format): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text, true)}"`);
  const line = `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${number(value)}`;
  if (!exemplar || format === 'text') return line;
  return `${line} # {trace_id="${exemplar.traceId}"} ${number(exemplar.value)} ${(exemplar.at / 1000).toFixed(3)}`;
}

const number = (value: number): string => (value === Infinity ? '+Inf' : String(value));

function escaped(text: string, quotes: boolean): string {
  const safe = text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return quotes ? safe.replaceAll('"', String.raw`\"`) : safe;
}
