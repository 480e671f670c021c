import { Writable } from 'node:stream';

import { Injectable } from '@nestjs/common';
import { pino, stdSerializers, type DestinationStream, type Logger as PinoLogger } from 'pino';

@Injectable()
class LoggerToken {}

/**
 * pino's logger, by a name that Nest can inject. `logger.child({ component: 'recorder' })` once, in the constructor; the
 * message is lower case and past tense, ids are fields, an error goes under `error`.
 */
export const Logger = LoggerToken as unknown as abstract new () => PinoLogger;
export type Logger = PinoLogger;

/** How log lines look: JSON for machines, or short lines for the person who typed `npm start`. */
export type LogFormat = 'json' | 'people';

/** The logger of this process. Lines go to standard error where people read along, else to standard output. */
export function createLogger(level: string, format: LogFormat = 'json', destination?: DestinationStream): Logger {
  const out =
    destination ?? (format === 'people' ? forPeople(process.stderr) : pino.destination({ fd: 1, sync: false }));
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.errWithCause },
    },
    out,
  );
}

/** A logger that says nothing, for tests and tools. */
export const silentLogger: Logger = pino({ level: 'silent' });

const LEFT_OUT = new Set(['level', 'time', 'msg', 'component', 'error']);

function forPeople(out: NodeJS.WritableStream): DestinationStream {
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      out.write(`${String(line).trimEnd().split('\n').map(lineForPeople).join('\n')}\n`);
      done();
    },
  });
}

/** One JSON line as a person reads it: time, level where it matters, component, message, fields. */
export function lineForPeople(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const time = shown(entry['time']).slice(11, 19);
  const level = entry['level'] === 'info' ? '' : `${shown(entry['level']).toUpperCase()} `;
  const component = entry['component'] === undefined ? '' : `${shown(entry['component'])}: `;
  const fields = Object.entries(entry)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => ` ${name}=${shown(value)}`)
    .join('');
  return `${time} ${level}${component}${shown(entry['msg'])}${fields}${errorForPeople(entry['error'])}`;
}

function shown(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

function errorForPeople(error: unknown): string {
  if (typeof error === 'string') return ` (${error})`;
  if (typeof error !== 'object' || error === null) return '';
  const { message } = error as { message?: unknown };
  return ` (${shown(message ?? error)})`;
}
