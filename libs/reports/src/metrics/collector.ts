import { inTime } from '#libs/platform';

/** A scrape is given up by Prometheus after ten seconds, unless told otherwise: by then it has to have what can be told. */
const PATIENCE_MS = 5_000;

/** Asks for a part of what a scrape is told. Where that fails or takes too long, the other parts are told without it. */
export class Collector<Told> {
  #underWay: Promise<Told> | undefined;

  /** @param failed is called at each scrape at which it could not be told */
  constructor(
    private readonly ask: () => Promise<Told>,
    private readonly failed: () => void,
  ) {}

  /** What is so now; undefined where nobody can say. It is asked for once at a time, however many scrapes there are. */
  async collect(): Promise<Told | undefined> {
    this.#underWay ??= this.ask().finally(() => (this.#underWay = undefined));
    try {
      return await inTime(this.#underWay, PATIENCE_MS);
    } catch {
      this.failed();
      return undefined;
    }
  }
}
