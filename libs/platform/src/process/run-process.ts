import { isAuditError } from '../errors/audit-error.js';
import { createLogger, type Logger, type LogFormat } from '../logging/logger.js';
import { helpText, readSettings, type Settings } from '../settings/settings.js';
import { Teardown } from './teardown.js';

/** What every process begins with. */
export type ProcessParts = Readonly<{ settings: Settings; logger: Logger; teardown: Teardown }>;

/** A stop that takes longer is cut short; what was not committed then is asked of the cluster again. */
const stopWithinMs = 20_000;

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
  const parts = settingsOrEnd(format, teardown);
  if (!parts) return;
  const { logger } = parts;
  const end = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(code === 0 ? 1 : code), stopWithinMs).unref();
    await teardown.run(logger);
    process.exit(code);
  };
  let asked = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked += 1;
      // npm and the terminal may both pass on one Ctrl-C, so only a later one is impatience
      if (asked > 2) process.exit(130);
      if (asked === 1) void end(0);
    });
  }
  try {
    await start(parts);
  } catch (error) {
    if (asked > 0) return;
    tell(error);
    await end(1);
  }
}

/** Whoever read our output may go (`npm start | head`): that is no reason to stop recording. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function settingsOrEnd(format: LogFormat, teardown: Teardown): ProcessParts | undefined {
  try {
    const settings = readSettings();
    return { settings, logger: createLogger(settings.logLevel, format), teardown };
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
