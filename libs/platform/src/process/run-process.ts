import { setTimeout as sleep } from 'node:timers/promises';

import { isAuditError } from '../errors/audit-error.js';
import { createLogger, type Logger, type LogFormat } from '../logging/logger.js';
import { helpText, readSettings, type Settings } from '../settings/settings.js';
import { Teardown } from './teardown.js';

/** What every process begins with. */
export type ProcessParts = Readonly<{
  settings: Settings;
  logger: Logger;
  teardown: Teardown;
  /** Aborted when the process is asked to stop: a start that waits for something then need not go on. */
  stopping: AbortSignal;
}>;

/** A stop that takes longer is cut short; what was not committed then is asked of the cluster again. */
const stopWithinMs = 20_000;
/** What a start that goes on when it is asked to stop may still take: what it is making must not be left behind. */
const settleWithinMs = 10_000;
/** How long a process that has stopped may take to end. */
const lingerMs = 2_000;

/**
 * Runs a process from its settings to its end. SIGINT, SIGTERM and the end of its terminal stop it in good order, a third one at once. A start that is
 * refused is told with its remedy and ends with exit code 1.
 */
export async function runProcess(format: LogFormat, start: (parts: ProcessParts) => Promise<void>): Promise<void> {
  outliveReaders();
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(helpText());
    return;
  }
  const teardown = new Teardown();
  const known = settingsOrEnd(format);
  if (!known) return;
  const { logger } = known;
  const stop = new AbortController();
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  const end = async (code: number): Promise<void> => {
    setTimeout(() => process.exit(code === 0 ? 1 : code), stopWithinMs).unref();
    const patience = new AbortController();
    const { signal } = patience;
    await Promise.race([settled, sleep(settleWithinMs, undefined, { signal }).catch(() => undefined)]);
    patience.abort();
    await teardown.run(logger);
    // The process ends by itself, for nothing is left to do. `process.exit` would wait for V8's threads, and for ever where one of
    // them waits for a collection that only an idle main thread can give (nodejs/node#54918). What lingers is cut all the same.
    process.exitCode = code;
    setTimeout(() => process.exit(code), lingerMs).unref();
  };
  let asked = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked += 1;
      // npm and the terminal may both pass on one Ctrl-C, so only a later one is impatience
      if (asked > 2) process.exit(130);
      stop.abort();
      if (asked === 1) void end(0);
    });
  }
  try {
    await start({ ...known, teardown, stopping: stop.signal });
    settle();
  } catch (error) {
    settle();
    if (asked > 0) return;
    tell(error);
    await end(1);
  }
}

/** Whoever read our output may go (`npm start | head`): that is no reason to stop recording. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function settingsOrEnd(format: LogFormat): Pick<ProcessParts, 'settings' | 'logger'> | undefined {
  try {
    const settings = readSettings();
    return { settings, logger: createLogger(settings.logLevel, format) };
  } catch (error) {
    tell(error);
    process.exitCode = 1;
    return undefined;
  }
}

/** A refusal is for whoever started this and names the remedy; anything else is a bug and shows where it is. */
function tell(error: unknown): void {
  const lines = isAuditError(error)
    ? [error.message, ...(error.remedy ? [error.remedy] : [])]
    : [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  process.stderr.write(`\n${lines.join('\n')}\n`);
}
