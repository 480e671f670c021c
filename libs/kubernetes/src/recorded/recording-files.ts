import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AuditError } from '#libs/platform';
import type { Place, RecordedLine, RecordingHeader } from './recorded-line.js';
import { readLines, type Line, type Reading } from './read-lines.js';

/** What is in a folder beside recordings is left alone. */
const looksRecorded = /\.(?:jsonl|json|ndjson)(?:\.gz|\.zst)?$/;

/**
 * The files of one recording: one file, the files of a folder, which are read side by side in the order of their times (pods and
 * Events that two kubectl wrote, or the parts of one), or standard input.
 */
export class RecordingFiles {
  /** The beginning of what was recorded tells this recording from others: a longer copy of it begins alike. */
  readonly digest: string;
  readonly name: string;
  readonly header: RecordingHeader | undefined;
  /** kubectl says nothing of when it received something: its times are estimates. */
  readonly isEstimated: boolean;

  private constructor(
    readonly place: string,
    private readonly files: readonly OpenFile[],
  ) {
    const [first] = files.toSorted((a, b) => a.begins - b.begins);
    this.digest = createHash('sha256')
      .update(first?.beginning ?? '')
      .digest('hex');
    this.header = files.find(({ header }) => header !== undefined)?.header;
    this.isEstimated = files.some(({ reading }) => reading.format === 'kubectl');
    this.name = this.header?.cluster || nameOf(place);
  }

  /**
   * Looks into the files, without reading on.
   *
   * @param place a file, a folder, or `-`
   * @throws AuditError `recording-unreadable` for what is not there or holds no recording, `recording-invalid`
   */
  static async open(place: string): Promise<RecordingFiles> {
    const found = await Promise.all(filesOf(place).map((file) => OpenFile.open(file)));
    const files = found.filter(({ beginning }) => beginning !== undefined);
    if (files.length > 0) return new RecordingFiles(place, files);
    throw new AuditError('recording-unreadable', `There is no recording in ${place}`, {
      remedy: 'A recording is what --write-recording wrote, or kubectl get pods -A -w -o json --output-watch-events.',
    });
  }

  /** Standard input can be read once. */
  get canBeReadAgain(): boolean {
    return this.place !== '-';
  }

  get lines(): number {
    return this.files.reduce((sum, { reading }) => sum + reading.lines, 0);
  }

  /** Where the last line was cut in the middle. */
  get cuts(): readonly Place[] {
    return this.files.flatMap(({ reading }) => reading.cutAt ?? []);
  }

  /** All lines, the files' side by side in the order of their times, in the arrays in which they could be read. */
  read(): AsyncGenerator<readonly RecordedLine[]> {
    return this.lined(this.files.map((file) => file.read()));
  }

  /** The same for a look ahead, of which nothing is told. Not of standard input. */
  lookThrough(): AsyncGenerator<readonly RecordedLine[]> {
    return this.lined(this.files.map((file) => file.lookThrough()));
  }

  private async *lined(sources: readonly AsyncGenerator<readonly Line[]>[]): AsyncGenerator<readonly RecordedLine[]> {
    const [only, ...others] = sources;
    if (only && others.length === 0) {
      for await (const lines of only) yield lines.filter(isRecorded);
      return;
    }
    yield* this.merged(sources);
  }

  private async *merged(sources: readonly AsyncGenerator<readonly Line[]>[]): AsyncGenerator<readonly RecordedLine[]> {
    const heads = await Promise.all(sources.map((source) => Head.of(source)));
    let open = heads.filter(({ line }) => line !== undefined);
    while (open.length > 0) {
      const first = open.reduce((a, b) => (b.at < a.at ? b : a));
      if (first.line && isRecorded(first.line)) yield [first.line];
      await first.move();
      if (first.line === undefined) open = open.filter((head) => head !== first);
    }
  }
}

const isRecorded = (line: Line): line is RecordedLine => line.what !== 'header';

/** The next line of one of several files. */
class Head {
  private lines: readonly Line[] = [];
  private nth = 0;

  private constructor(private readonly source: AsyncGenerator<readonly Line[]>) {}

  static async of(source: AsyncGenerator<readonly Line[]>): Promise<Head> {
    const head = new Head(source);
    await head.fill();
    return head;
  }

  get line(): Line | undefined {
    return this.lines[this.nth];
  }

  get at(): number {
    return this.line?.receivedAt ?? Infinity;
  }

  async move(): Promise<void> {
    this.nth += 1;
    await this.fill();
  }

  private async fill(): Promise<void> {
    while (this.nth >= this.lines.length) {
      const { value, done } = await this.source.next();
      this.lines = done ? [] : value;
      this.nth = 0;
      if (done) return;
    }
  }
}

/** A file whose beginning is known. Standard input goes on where that ended; a file is read anew. */
class OpenFile {
  reading: Reading = { lines: 0 };
  beginning: string | undefined;
  begins = Infinity;
  header: RecordingHeader | undefined;
  private kept: Readonly<{ first: readonly Line[]; rest: AsyncGenerator<readonly Line[]> }> | undefined;

  private constructor(private readonly file: string) {}

  static async open(file: string): Promise<OpenFile> {
    const opened = new OpenFile(file);
    const rest = readLines(file, opened.reading);
    const { value: first, done } = await rest.next();
    if (!done) opened.look(first);
    if (file === '-' && !done) opened.kept = { first, rest };
    else await rest.return(undefined);
    return opened;
  }

  async *read(): AsyncGenerator<readonly Line[]> {
    if (this.kept) {
      yield this.kept.first;
      yield* this.kept.rest;
      return;
    }
    this.reading = { lines: 0, ...(this.reading.format && { format: this.reading.format }) };
    yield* readLines(this.file, this.reading);
  }

  lookThrough(): AsyncGenerator<readonly Line[]> {
    return readLines(this.file, { lines: 0 });
  }

  private look([first]: readonly Line[]): void {
    this.beginning = this.reading.beginning;
    this.begins = first?.receivedAt ?? Infinity;
    if (first?.what === 'header') this.header = first.header;
  }
}

function filesOf(place: string): readonly string[] {
  if (place === '-') return ['-'];
  try {
    if (!statSync(place).isDirectory()) return [place];
    return readdirSync(place, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && looksRecorded.test(entry.name))
      .map(({ name }) => name)
      .toSorted()
      .map((name) => join(place, name));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AuditError('recording-unreadable', `The recording ${place} cannot be read: ${why}`, {
      cause,
      remedy: 'Name a file, or a folder of files, that can be read: --source recording:FILE; or - for standard input.',
    });
  }
}

function nameOf(place: string): string {
  return place === '-' ? 'standard input' : basename(place).replace(looksRecorded, '');
}
