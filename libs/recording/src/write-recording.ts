import { closeSync, fchmodSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { specTextOf } from '#libs/kubernetes';
import type { Frame, KubernetesObject, Page } from '#libs/kubernetes';
import { AuditError } from '#libs/platform';
import type { Logger, Metrics } from '#libs/platform';
import { canonical, maskedObject } from './reducing/index.js';
import type { Masking } from './reducing/index.js';
import type { Watched } from './watched.js';

/** What a recording is written of, and how. */
export type WriteRecordingNeeds = Readonly<{
  file: string;
  /** Byte for byte as it came, secrets included; else masked as it is stored. */
  verbatim: boolean;
  masking: Masking;
  logger: Logger;
  metrics: Metrics;
}>;

/** What the first line of a recording says of it. */
export type RecordingOf = Readonly<{
  cluster: string;
  server: string;
  serverVersion: string | null;
  namespaces: readonly string[];
}>;

type Place = Pick<Watched, 'resource' | 'namespace'>;

const ours = /^\{"receivedAt":"[^"]*","recording":\{/;

/**
 * Writes what lists and watches say into a file, line by line as it is taken, so that it can be recorded again. It is only ever added
 * to. A file that cannot be written is given up, and the recording into the store goes on.
 */
export class RecordingWriter {
  private readonly fd: number;
  private size: number;
  private broken = false;
  /** Watches whose list is told as frames that add, as kubectl does: its resourceVersion comes with the last page only. */
  private readonly inFrames = new Set<string>();
  private readonly failures;
  private readonly bytes;

  /** @throws AuditError `recording-unwritable` where the file cannot be written, or holds something else */
  constructor(private readonly needs: WriteRecordingNeeds) {
    const { file, verbatim, logger, metrics } = needs;
    this.fd = opened(file);
    this.size = sizeOf(this.fd, file);
    this.failures = metrics.counter({
      name: 'initledger_recorder_recording_write_failures_total',
      help: 'Times that the recording could not be written, and was given up',
    });
    this.bytes = metrics.counter({
      name: 'initledger_recorder_recording_bytes_total',
      help: 'Bytes written into the recording',
    });
    if (verbatim) logger.warn({ file }, 'the recording is written as it comes, secrets included: send it to nobody');
    else logger.info({ file }, 'a recording is written, secrets masked');
  }

  /** Whether lines and bodies are wanted as they came. */
  get isVerbatim(): boolean {
    return this.needs.verbatim;
  }

  /** A term begins: of what is written from here on, and by whom it was said. */
  begin({ server, ...of }: RecordingOf, receivedAt: string): void {
    const { verbatim } = this.needs;
    this.inFrames.clear();
    this.write([{ receivedAt, recording: { ...of, server: verbatim ? server : null, masked: !verbatim } }]);
  }

  /** The frames that were taken together. */
  frames(place: Place, receivedAt: string, frames: readonly Frame[]): void {
    const lines = frames.flatMap((frame) => this.frameText(place, frame) ?? []);
    this.write(lines.map((frame) => ({ ...of(place, receivedAt), frame })));
  }

  /** A list, or a page of one. */
  page(place: Place, receivedAt: string, page: Page): void {
    const watch = `${place.resource.name}/${place.namespace ?? ''}`;
    if (page.resourceVersion === null) this.inFrames.add(watch);
    if (this.inFrames.has(watch)) {
      const added = page.items.map((object) => ({ type: 'ADDED', object }) as const);
      this.frames(place, receivedAt, page.last ? [...added, initialEnd(page.resourceVersion ?? '0')] : added);
      if (page.last) this.inFrames.delete(watch);
      return;
    }
    this.write([{ ...of(place, receivedAt), list: this.listText(place, page) }]);
  }

  /** The watch ended, and its position cannot be gone on from: a list comes next. `receivedAt`: until when all was seen. */
  closed(place: Place, receivedAt: string): void {
    this.write([{ ...of(place, receivedAt), closed: true }]);
  }

  /** An object that was asked for by its name, as a frame that adds it or says that it is no more. */
  object(place: Place, receivedAt: string, object: KubernetesObject, type: 'ADDED' | 'DELETED' = 'ADDED'): void {
    this.frames(place, receivedAt, [{ type, object }]);
  }

  /** Everything that was written is on the disk. */
  close(): void {
    try {
      if (!this.broken) fsyncSync(this.fd);
      closeSync(this.fd);
    } catch (error) {
      this.giveUp(error);
    }
  }

  private frameText({ resource }: Place, { type, object, line }: Frame): string | undefined {
    if (this.needs.verbatim && line !== undefined) return line;
    if (type === 'BOOKMARK') return JSON.stringify({ type, object });
    const text = this.objectText(resource, object);
    return text && `{"type":"${type}","object":${text}}`;
  }

  private listText({ resource }: Place, { items, resourceVersion, last, body }: Page): string {
    if (this.needs.verbatim && body !== undefined) return body;
    const texts = items.flatMap((item) => this.objectText(resource, item) ?? []);
    const { kind, apiVersion } = resource;
    const metadata = { resourceVersion, ...(!last && { continue: 'follows' }) };
    const head = JSON.stringify({ kind: `${kind}List`, apiVersion, metadata });
    return `${head.slice(0, -1)},"items":[${texts.join(',')}]}`;
  }

  private objectText({ name, kind, apiVersion }: Place['resource'], object: KubernetesObject): string | undefined {
    // Of an object that came as its metadata alone, kind and apiVersion say so: what it is, its resource says.
    const told = { ...object, kind, apiVersion };
    if (!this.needs.verbatim) return maskedObject(name, told, this.needs.masking);
    const spec = specTextOf(object)?.read();
    return canonical(spec === undefined ? told : { ...told, spec });
  }

  private write(lines: readonly object[]): void {
    if (this.broken || lines.length === 0) return;
    const text = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    try {
      for (let done = 0; done < text.length;) done += writeSync(this.fd, text, done);
      this.size += text.length;
      this.bytes.inc(text.length);
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** What is missing once cannot be put in later: from here on nothing is written, and what was is whole. */
  private giveUp(error: unknown): void {
    const { file, logger } = this.needs;
    this.broken = true;
    this.failures.inc();
    logger.error(
      { error, file, remedy: 'Make room, and start again: it goes on with a list of what there is then.' },
      'the recording could not be written and ends here; recording into the store goes on',
    );
    try {
      ftruncateSync(this.fd, this.size);
    } catch (cause) {
      logger.warn({ error: cause, file }, 'the last line of the recording may be cut');
    }
  }
}

const of = ({ resource, namespace }: Place, receivedAt: string) => ({
  receivedAt,
  resource: resource.name,
  ...(namespace !== null && { namespace }),
});

function initialEnd(resourceVersion: string): Frame {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { type: 'BOOKMARK', object: { metadata: { uid: '', name: '', resourceVersion, annotations } } };
}

function opened(file: string): number {
  try {
    const fd = openSync(file, 'a+', 0o600);
    if (fstatSync(fd).isFile()) fchmodSync(fd, 0o600);
    return fd;
  } catch (cause) {
    throw unwritable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The size of a recording that is there, up to its last whole line: one that was cut by a kill was not recorded either. */
function sizeOf(fd: number, file: string): number {
  const { size } = fstatSync(fd);
  if (size === 0) return 0;
  const beginning = textAt(fd, 0, 200);
  if (!ours.test(beginning)) throw unwritable(file, 'it holds something else');
  const end = endOfLastLine(fd, size);
  if (end < size) ftruncateSync(fd, end);
  return end;
}

function endOfLastLine(fd: number, size: number): number {
  const step = 64 * 1024;
  for (let at = Math.max(0, size - step); ; at = Math.max(0, at - step)) {
    const part = Buffer.alloc(Math.min(step, size - at));
    const last = part.subarray(0, readSync(fd, part, 0, part.length, at)).lastIndexOf(0x0a);
    if (last !== -1) return at + last + 1;
    if (at === 0) return 0;
  }
}

function textAt(fd: number, at: number, most: number): string {
  const bytes = Buffer.alloc(most);
  return bytes.subarray(0, readSync(fd, bytes, 0, most, at)).toString('utf8');
}

function unwritable(file: string, why: string, cause?: unknown): AuditError {
  return new AuditError('recording-unwritable', `The recording cannot be written into ${file}: ${why}`, {
    cause,
    remedy: 'Name another file with --write-recording FILE: a new one, or one that was written like this before.',
  });
}
