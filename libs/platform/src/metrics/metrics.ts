import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { inTime } from '../health/in-time.js';

/** A scrape's answer: the text and its media type. */
export type Exposition = Readonly<{ contentType: string; body: string }>;

type Text = Readonly<{ name: string; help: string; labels?: readonly string[] }>;

/** The metrics of this process. Names start with `initledger_` and end in their unit; labels are closed sets, never messages. */
export class Metrics {
  readonly registry = new Registry();
  readonly #failures = this.counter({
    name: 'initledger_metrics_failures_total',
    help: 'Scrapes at which a metric could not be told',
    labels: ['metric'],
  });

  /** At a scrape `metric` could not be told. */
  notTold(metric: string): void {
    this.#failures.inc({ metric });
  }

  /** The name of a counter ends in `_total`, in both formats. */
  counter({ name, help, labels = [] }: Text): Counter {
    if (!name.endsWith('_total')) throw new RangeError(`the name of a counter ends in _total: ${name}`);
    return new Counter({ name, help, labelNames: labels, registers: [this.registry] });
  }

  /**
   * `collect` is asked at each scrape for the values of now. Where it fails, or takes longer than two seconds, the gauge has none, which is counted,
   * and everything else is told: a process must be seen best when something is wrong.
   */
  gauge({ name, help, labels = [] }: Text, collect?: (gauge: Gauge) => void | Promise<void>): Gauge {
    const notTold = (): void => this.notTold(name);
    return new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [this.registry],
      ...(collect && {
        async collect(this: Gauge) {
          // What was told last is not so any more where nobody can say.
          this.reset();
          if (labels.length === 0) this.remove();
          try {
            await inTime(Promise.resolve(collect(this)));
          } catch {
            notTold();
          }
        },
      }),
    });
  }

  histogram({ name, help, labels = [] }: Text, buckets: readonly number[]): Histogram {
    return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [this.registry] });
  }

  /** The exposition in OpenMetrics where the scraper's `Accept` names it, else in Prometheus' text format. */
  async expose(accept: string | undefined): Promise<Exposition> {
    const text = await this.registry.metrics();
    if (!accept?.includes('application/openmetrics-text'))
      return { contentType: this.registry.contentType, body: text };
    return { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: toOpenMetrics(text) };
  }
}

/**
 * Prometheus' text as OpenMetrics 1.0 wants it: counters are described without their suffix, no empty lines, an end.
 * prom-client's own OpenMetrics takes the suffix off the metrics themselves, and the next scrape in text lacks it.
 */
function toOpenMetrics(text: string): string {
  const counters = new Set([...text.matchAll(/^# TYPE (\S+)_total counter$/gmu)].map(([, name]) => name));
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, kind, name, rest] = /^# (HELP|TYPE) (\S+?)(?:_total)? (.*)$/u.exec(line) ?? [];
      return name !== undefined && counters.has(name) ? `# ${kind} ${name} ${rest}` : line;
    });
  return `${lines.join('\n')}\n# EOF\n`;
}
