import type { Logger } from '#libs/platform';
import type { RecorderMetrics } from './recorder-metrics.js';
import type { WatchListener } from './watch-status.js';

/** Counts what the watches tell, and says in the log what somebody should know. */
export function tellWatches({
  logger,
  metrics,
}: Readonly<{ logger: Logger; metrics: Pick<RecorderMetrics, 'watch'> }>): WatchListener {
  return {
    ...metrics.watch,
    opened: (watch, count) => logger.info({ watch, count }, 'list taken'),
    ended: (watch, how, error) => {
      metrics.watch.ended?.(watch, how, error);
      if (how === 'well') logger.debug({ watch }, 'watch ended');
      else if (how === 'fault') logger.error({ watch, error }, 'frame could not be taken, trying again');
      else logger.warn({ watch, how, error: error?.message }, 'watch broke off, trying again');
    },
    gap: (watch, cause, seconds) => {
      metrics.watch.gap?.(watch, cause, seconds);
      logger.warn({ watch, cause, seconds }, 'changes may have gone unseen');
    },
  };
}
