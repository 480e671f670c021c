/** Deliberate breaks of the service, each of which a run must find: one line of the built code, in a copy of it. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Deployment } from './kinds.js';

export type Break = Readonly<{
  about: string;
  /** The file, without `.js`. */
  file: string;
  from: string;
  to: string;
  /** What brings it to light, and in which deployment. */
  only: readonly string[];
  deployment: Deployment;
  faults: number;
  /** The untruth that gives it away. */
  says: RegExp;
}>;

/** Every break by its name. */
export const breaks: Readonly<Record<string, Break>> = {
  'append-without-fence': {
    about: 'a recorder that was fenced takes the shard’s head again and writes on',
    file: 'libs/event-store/src/event-writer',
    from: 'if (errorCode(error) !== SEALED)',
    to: `if (error.code === 'writer-fenced') {
          const { rows } = await this.pool.query({ text: \`SELECT \${HEAD_COLUMNS} FROM \${this.#tables.head} WHERE shard_id = $1\`, values: [this.shardId], types: rowTypes });
          const tree = await loadTree(this.pool, this.#tables, this.shardId, rows[0].size);
          this.held = { ...this.held, epoch: rows[0].epoch, tree, recordedAtMicroseconds: rows[0].microseconds };
          continue;
        }
        if (errorCode(error) !== SEALED)`,
    only: ['two-recorders', 'zombie'],
    deployment: 'three',
    faults: 6,
    says: /has an id that was there before/,
  },
  'gap-not-declared': {
    about: 'a position that was lost is not told as a gap',
    file: 'libs/recording/src/loss',
    from: 'return [gap];',
    to: 'return [];',
    only: ['gone', 'compaction'],
    deployment: 'three',
    faults: 12,
    says: /at resourceVersion \d+ is lost/,
  },
  'gone-not-told': {
    about: 'who went in a gap is not told as gone',
    file: 'libs/recording/src/watch-loop',
    from: '.filter((stream) => !seen.has(stream))',
    to: '.filter(() => false)',
    only: ['gone', 'compaction'],
    deployment: 'three',
    faults: 12,
    says: /has gone, and is not told as gone/,
  },
  'position-before-rows': {
    about: 'the watch position is committed a moment before the rows',
    file: 'libs/event-store/src/append-transaction',
    from: 'const { tables, shardId, epoch } = scope;',
    to: `const { tables, shardId, epoch } = scope;
    for (const statement of positionStatement(client, scope)) await client.query(statement);
    await new Promise((resolve) => setTimeout(resolve, 20));`,
    only: ['kill-recorder'],
    deployment: 'three',
    faults: 20,
    says: /at resourceVersion \d+ is lost/,
  },
  'frame-lost-at-full-queue': {
    about: 'events that come while ten wait for the database are dropped',
    file: 'libs/recording/src/appender',
    from: 'for (const event of events) {',
    to: 'for (const event of this.queue.length > 10 ? [] : events) {',
    only: ['database-frozen', 'database-crash', 'database-stall-recorder'],
    deployment: 'three',
    faults: 15,
    says: /at resourceVersion \d+ is lost/,
  },
  'bookmark-apart': {
    about: 'the bookmark moves outside of the batch’s transaction',
    file: 'libs/projections/src/following/shard-follower',
    from: 'moveBookmark(db, from, end)',
    to: 'moveBookmark(this.parts.pool, from, end)',
    only: ['kill-projector', 'session-ended', 'database-crash', 'backend-crash', 'database-reset-projector'],
    deployment: 'three',
    faults: 30,
    says: /: rebuilt, and not kept: /,
  },
  'delivery-dropped': {
    about: 'a delivery that failed is not tried again',
    file: 'libs/alerting/src/outbox',
    from: "const again = result.outcome === 'failed';",
    to: 'const again = false;',
    only: ['receiver-fails'],
    deployment: 'three',
    faults: 15,
    says: /is noted as taken 0 times/,
  },
  'delivery-under-another-key': {
    about: 'what is told again is told under another key',
    file: 'libs/alerting/src/deliveries',
    from: 'receiver.deliver(atTransition(notification, row), dedupeKey, now().getTime())',
    to: 'receiver.deliver(atTransition(notification, row), `${dedupeKey}:${row.attempts}`, now().getTime())',
    only: ['receiver-loses-answer'],
    deployment: 'three',
    faults: 15,
    says: /told in \d+ ways under one key/,
  },
};

export const breakNames: readonly string[] = Object.keys(breaks);

/**
 * Copies the built service into a folder, and breaks it there.
 *
 * @returns where it is
 * @throws Error where the code is another one by now
 */
export function brokenCopy({ file, from, to }: Break, folder: string): string {
  const copy = resolve(folder, 'broken');
  mkdirSync(copy, { recursive: true });
  for (const name of ['dist', 'package.json', 'prisma']) cpSync(name, join(copy, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  const built = join(copy, 'dist', `${file}.js`);
  writeFileSync(built, brokenText(readFileSync(built, 'utf8'), { file, from, to }));
  return copy;
}

/** @throws Error where the text does not hold what is to be replaced, once */
export function brokenText(text: string, { file, from, to }: Pick<Break, 'file' | 'from' | 'to'>): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} does not hold, once: ${from} (see test/chaos/broken.ts)`);
  return `${before}${to}${after}`;
}
