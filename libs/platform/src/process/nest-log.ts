import type { LoggerService } from '@nestjs/common';

import { isAuditError } from '../errors/audit-error.js';
import type { Logger } from '../logging/logger.js';

/** Nest's own lines in our log: its errors and warnings; what it tells of its routes is for debugging. */
export class NestLog implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger.child({ component: 'nest' });
  }

  log(message: unknown): void {
    this.#logger.debug(String(message));
  }

  warn(message: unknown): void {
    this.#logger.warn(String(message));
  }

  error(message: unknown, stack?: unknown): void {
    // A refusal of the start is told once, with its remedy, by who runs the process.
    if (isAuditError(message)) return;
    const error = message instanceof Error ? message : new Error(String(message));
    if (typeof stack === 'string') error.stack = stack;
    this.#logger.error({ error }, 'nest failed');
  }
}
