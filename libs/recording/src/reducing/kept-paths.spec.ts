import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { apartLists, keptPaths, namedLists, unorderedLists } from './kept-paths.js';
import { nodeAt } from './path-tree.js';

/** All field paths of Pod, Event, Node and Namespace, drawn from the published OpenAPI documents of each version. */
const folder = join(import.meta.dirname, '../../../../test/corpus/kubernetes-paths');
const versions = readdirSync(folder).map((file) => ({
  version: file.replace('.txt.zst', ''),
  paths: zstdDecompressSync(readFileSync(join(folder, file)))
    .toString()
    .split('\n')
    .filter((line) => line !== ''),
}));

const listed = keptPaths.map(({ path }) => path);

describe('the list of kept paths', () => {
  it.each(versions)('decides every path of Kubernetes $version', ({ paths }) => {
    const known = new Set(listed);

    expect(paths.length).toBeGreaterThan(1_000);
    expect(paths.filter((path) => !known.has(path))).toEqual([]);
  });

  it('decides each path once', () => {
    expect(listed.filter((path, at) => listed.indexOf(path) !== at)).toEqual([]);
  });

  it('has no path that no supported version has', () => {
    const existing = new Set(versions.flatMap(({ paths }) => paths));

    expect(listed.filter((path) => !existing.has(path))).toEqual([]);
  });

  it('gives a known way of keeping and a reason for every path', () => {
    const hows = new Set(['kept', 'aside', 'dropped', 'value', 'target', 'command', 'text', 'message', 'annotations']);

    expect(keptPaths.filter(({ how, reason }) => !hows.has(how) || reason === '')).toEqual([]);
  });

  it('names lists that exist', () => {
    const lists = [...namedLists, ...apartLists, ...unorderedLists.keys()];

    expect(lists.filter((path) => nodeAt(path).item === undefined)).toEqual([]);
  });
});
