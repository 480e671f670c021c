import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type OpenMetricsContentType } from 'prom-client';

/** A scrape's answer: the text and its media type. */
export type Exposition = Readonly<{ contentType: string; body: string }>;

type Text = Readonly<{ name: string; help: string; labels?: readonly string[] }>;

/** The metrics of this process. Names start with `initledger_` and end in their unit; labels are closed sets, never messages. */
export class Metrics {
  readonly registry = new Registry();
  readonly #open = new Registry<OpenMetricsContentType>();

  constructor() {
    this.#open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  }

  /** Adds what Node says of itself: memory, event loop, garbage collection. Once per process. */
  collectProcess(): void {
    for (const registry of this.#registries()) collectDefaultMetrics({ register: registry });
  }

  counter({ name, help, labels = [] }: Text): Counter {
    return new Counter({ name, help, labelNames: labels, registers: this.#registries() });
  }

  /** `collect` is asked at each scrape for the values of now. */
  gauge({ name, help, labels = [] }: Text, collect?: (gauge: Gauge) => void | Promise<void>): Gauge {
    return new Gauge({
      name,
      help,
      labelNames: labels,
      registers: this.#registries(),
      ...(collect
        ? {
            collect(this: Gauge) {
              return collect(this);
            },
          }
        : {}),
    });
  }

  histogram({ name, help, labels = [] }: Text, buckets: readonly number[]): Histogram {
    return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: this.#registries() });
  }

  /** The exposition in OpenMetrics where the scraper's `Accept` names it, else in Prometheus' text format. */
  async expose(accept: string | undefined): Promise<Exposition> {
    const registry = accept?.includes('application/openmetrics-text') ? this.#open : this.registry;
    return { contentType: registry.contentType, body: await registry.metrics() };
  }

  #registries(): Registry[] {
    return [this.registry, this.#open as unknown as Registry];
  }
}
