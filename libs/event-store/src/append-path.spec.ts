import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');

/** The sources of a folder, tests left out, by their path. */
function sources(folder: string, ends: string): ReadonlyMap<string, string> {
  const found = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ends) && !file.includes('.spec.') && !/(^|\/)(testing|generated)\//u.test(file))
    .map((file) => path.join(folder, file));
  return new Map(found.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
}

const naming = (texts: ReadonlyMap<string, string>, word: RegExp): string[] =>
  [...texts].filter(([, text]) => word.test(withoutComments(text))).map(([file]) => file);

const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[^]*?\*\//gu, '').replaceAll(/(^|\s)(\/\/|--).*$/gmu, '');

describe('the way of an append', () => {
  it('notifies nobody: a commit that notifies lines up behind all others of the server', () => {
    expect(naming(sources('libs/event-store/src', '.ts'), /pg_notify|\bNOTIFY\b/u)).toEqual([
      'libs/event-store/src/feed.ts',
    ]);
    expect(naming(sources('prisma/migrations', '.sql'), /pg_notify|\bNOTIFY\b/u)).toEqual([]);
  });

  it.each(['libs/event-store/src', 'libs/recording/src', 'apps/recorder/src'])(
    'has no Prisma on its connections: %s',
    (folder) => {
      expect(naming(sources(folder, '.ts'), /prisma/iu)).toEqual([]);
    },
  );

  it('shares its pool with nobody: only the recorder asks for it', () => {
    const users = naming(new Map([...sources('libs', '.ts'), ...sources('apps', '.ts')]), /\.ingest\b|'ingest'/u);

    expect(users.toSorted()).toEqual([
      'libs/event-store/src/event-store.module.ts',
      'libs/platform/src/database/database.ts',
      'libs/recording/src/recording.module.ts',
    ]);
  });
});
