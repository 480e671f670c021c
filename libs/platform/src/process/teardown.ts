import type { Logger } from '../logging/logger.js';

type Step = Readonly<{ name: string; undo: () => Promise<void> | void }>;

/** What a start has made so far, to be undone in reverse order: a failed start cleans up as a stop does. */
export class Teardown {
  readonly #steps: Step[] = [];
  #undone: Promise<void> | undefined;

  /** Call it the moment the thing exists. */
  add(name: string, undo: Step['undo']): void {
    this.#steps.push({ name, undo });
  }

  /** Undoes everything once, however often it is called. One step that fails does not keep the others from being taken. */
  run(logger: Logger): Promise<void> {
    this.#undone ??= this.#run(logger);
    return this.#undone;
  }

  async #run(logger: Logger): Promise<void> {
    for (const { name, undo } of this.#steps.toReversed()) {
      try {
        await undo();
      } catch (error) {
        logger.error({ error, step: name }, 'failed to stop in good order');
      }
    }
  }
}
