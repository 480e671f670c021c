/** Deliberate breaks of the service, each of which a run must find: a line or two of the built code, in a copy of it. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Deployment } from './kinds.js';

/** What is written instead of what in a file, which is named without `.js`. */
export type Replacement = Readonly<{ file: string; from: string; to: string }>;

export type Break = Readonly<{
  about: string;
  changes: readonly Replacement[];
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
    changes: [
      {
        file: 'libs/event-store/src/event-writer',
        from: 'if (errorCode(error) !== SEALED)',
        to: `if (error.code === 'writer-fenced') {
          const { rows } = await this.pool.query({ text: \`SELECT \${HEAD_COLUMNS} FROM \${this.#tables.head} WHERE shard_id = $1\`, values: [this.shardId], types: rowTypes });
          const tree = await loadTree(this.pool, this.#tables, this.shardId, rows[0].size);
          this.held = { ...this.held, epoch: rows[0].epoch, tree, recordedAtMicroseconds: rows[0].microseconds };
          continue;
        }
        if (errorCode(error) !== SEALED)`,
      },
    ],
    only: ['two-recorders', 'zombie'],
    deployment: 'three',
    faults: 6,
    says: /has an id that was there before/,
  },
  'gap-not-declared': {
    about: 'a position that was lost is not told as a gap',
    changes: [{ file: 'libs/recording/src/loss', from: 'return [gap];', to: 'return [];' }],
    only: ['gone', 'compaction'],
    deployment: 'three',
    faults: 12,
    says: /at resourceVersion \d+ is lost/,
  },
  'gone-not-told': {
    about: 'who went in a gap is not told as gone',
    changes: [
      {
        file: 'libs/recording/src/watch-loop',
        from: '.filter((stream) => !seen.has(stream))',
        to: '.filter(() => false)',
      },
    ],
    only: ['gone', 'compaction'],
    deployment: 'three',
    faults: 12,
    says: /has gone, and is not told as gone/,
  },
  'position-before-rows': {
    about: 'the watch position is committed a moment before the rows',
    changes: [
      {
        file: 'libs/event-store/src/append-transaction',
        from: 'const { tables, shardId, epoch } = scope;',
        to: `const { tables, shardId, epoch } = scope;
    for (const statement of positionStatement(client, scope)) await client.query(statement);
    await new Promise((resolve) => setTimeout(resolve, 20));`,
      },
    ],
    only: ['kill-recorder'],
    deployment: 'three',
    faults: 20,
    says: /at resourceVersion \d+ is lost/,
  },
  'frame-lost-at-full-queue': {
    about: 'events that come while ten wait for the database are dropped',
    changes: [
      {
        file: 'libs/recording/src/appender',
        from: 'for (const event of events) {',
        to: 'for (const event of this.queue.length > 10 ? [] : events) {',
      },
    ],
    only: ['database-frozen', 'database-crash', 'database-stall-recorder'],
    deployment: 'three',
    faults: 15,
    says: /at resourceVersion \d+ is lost/,
  },
  'commit-stored-again': {
    about: 'what was stored while the answer to its COMMIT was lost is stored again',
    changes: [
      {
        file: 'libs/event-store/src/event-writer',
        from: "if (fate === 'stored')",
        to: "if (fate === 'stored') this.isStoredAgain = true;\nif (fate === 'stored')",
      },
      {
        file: 'libs/event-store/src/event-writer',
        from: 'this.held = { ...this.held, tree: batch.tree, recordedAtMicroseconds: batch.recordedAtMicroseconds };',
        to: `this.held = { ...this.held, tree: batch.tree, recordedAtMicroseconds: batch.recordedAtMicroseconds };
        if (this.isStoredAgain) {
          this.isStoredAgain = false;
          return this.#append(events, positions);
        }`,
      },
    ],
    only: ['database-commit-unanswered-recorder'],
    deployment: 'three',
    faults: 12,
    says: /has an id that was there before/,
  },
  'list-cut-short': {
    about: 'a list that expires in its middle is taken for whole',
    changes: [
      {
        file: 'libs/kubernetes/src/list',
        from: ': ask(query));',
        to: `: ask(query)).catch((error) => {
            if (first === undefined) throw error;
            return { body: { metadata: { resourceVersion: first } } };
        });`,
      },
    ],
    only: ['gone-mid-list'],
    deployment: 'three',
    faults: 10,
    says: /lives, and is told as gone|is lost|never was|in the end/,
  },
  'bookmark-apart': {
    about: 'the bookmark moves outside of the batch’s transaction',
    changes: [
      {
        file: 'libs/projections/src/following/shard-follower',
        from: 'moveBookmark(db, from, end)',
        to: 'moveBookmark(this.parts.pool, from, end)',
      },
    ],
    only: ['kill-projector', 'session-ended', 'database-crash', 'backend-crash', 'database-reset-projector'],
    deployment: 'three',
    faults: 30,
    says: /: rebuilt, and not kept: /,
  },
  'delivery-dropped': {
    about: 'a delivery that failed is not tried again',
    changes: [
      {
        file: 'libs/alerting/src/outbox',
        from: "const again = result.outcome === 'failed';",
        to: 'const again = false;',
      },
    ],
    only: ['receiver-fails'],
    deployment: 'three',
    faults: 15,
    says: /is noted as taken 0 times/,
  },
  'delivery-under-another-key': {
    about: 'what is told again is told under another key',
    changes: [
      {
        file: 'libs/alerting/src/deliveries',
        from: 'receiver.deliver(atTransition(notification, row), dedupeKey, now().getTime())',
        to: 'receiver.deliver(atTransition(notification, row), `${dedupeKey}:${row.attempts}`, now().getTime())',
      },
    ],
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
export function brokenCopy({ changes }: Break, folder: string): string {
  const copy = resolve(folder, 'broken');
  mkdirSync(copy, { recursive: true });
  for (const name of ['dist', 'package.json', 'prisma']) cpSync(name, join(copy, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  for (const change of changes) {
    const built = join(copy, 'dist', `${change.file}.js`);
    writeFileSync(built, brokenText(readFileSync(built, 'utf8'), change));
  }
  return copy;
}

/** @throws Error where the text does not hold what is to be replaced, once */
export function brokenText(text: string, { file, from, to }: Replacement): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${file} does not hold, once: ${from} (see test/chaos/broken.ts)`);
  return `${before}${to}${after}`;
}
