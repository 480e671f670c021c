import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '../logging/logger.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';

const LOOK_EVERY_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Starts the server again, on the same port, whenever it is found gone: killed for its memory, or by mistake. Pools find it
 * again by themselves, and who recorded waits for it.
 *
 * @returns what ends this; the server may be stopped when that has resolved
 */
export function keepRunning(server: Pick<EmbeddedPostgres, 'revive'>, logger: Logger): () => Promise<void> {
  const end = new AbortController();
  const ended = look(server, logger, end.signal);
  return async () => {
    end.abort();
    await ended;
  };
}

async function look(server: Pick<EmbeddedPostgres, 'revive'>, logger: Logger, signal: AbortSignal): Promise<void> {
  for (let pauseMs = LOOK_EVERY_MS; !signal.aborted;) {
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      if (await server.revive()) logger.warn('the database server had ended, and was started again');
      pauseMs = LOOK_EVERY_MS;
    } catch (error) {
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      logger.error({ error, retryInMs: pauseMs }, 'the database server ended, and could not be started again');
    }
  }
}
