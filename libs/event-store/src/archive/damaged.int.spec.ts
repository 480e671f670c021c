/** Archives that are not what was written: our own reader and the verifier that shares no code with us both say so, and where. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { assert, asyncProperty, integer } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { blocksOf, readerRefuses } from '../testing/archives.js';
import { someEvent, someEvents } from '../testing/events.js';
import { audited } from '../testing/verifier.js';
import { Weeks } from '../testing/weeks.js';
import { packBlock } from './blocks.js';
import { weekSpans } from './spans.js';
import { writeArchive } from './write-archive.js';

let weeks: Weeks;
let file: string;
let key: string;
beforeAll(async () => {
  weeks = await Weeks.open('cluster.1');
  await weeks.record(someEvents(300));
  await weeks.record(someEvents(700), [someEvent({ body: ' {"any":\t"body, \\u00e4 and ä",\n"twice":1}' })]);
  await weeks.append(someEvents(3));
  await weeks.look();
  const [, second] = await weekSpans(weeks.pool, {});
  ({ file } = await writeArchive(weeks.pool, second!, path.join(weeks.folder, 'out')));
  key = await weeks.key();
});
afterAll(() => weeks.close());

describe('a damaged archive', () => {
  it('is refused for a key that did not sign it', async () => {
    const other = await Weeks.open('cluster.1');
    await other.record(someEvents(1));
    const wrong = await other.key();
    await other.close();

    expect(await readerRefuses(file, wrong)).toBe('archive-unproved');
    expect(await audited('archive', file, wrong)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the key did not sign the checkpoint'),
    });
  });

  it('shows every byte that was changed, to our reader', { timeout: 120_000 }, async () => {
    const whole = await readFile(file);
    const changed = path.join(weeks.folder, 'changed');
    await assert(
      asyncProperty(integer({ min: 0, max: whole.length - 1 }), integer({ min: 1, max: 255 }), async (at, by) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        await writeFile(changed, bytes);
        expect(await readerRefuses(changed, key)).toBe('archive-invalid');
      }),
      { numRuns: 300 },
    );
  });

  it('shows every byte that was changed, and in which events, to the other', { timeout: 120_000 }, async () => {
    const whole = await readFile(file);
    const changed = path.join(weeks.folder, 'changed');
    const blocks = await blocksOf(file);
    const sizes = await Promise.all(blocks.map(async (block) => (await packBlock(block)).length));
    let end = 0;
    for (const [nth, size] of sizes.entries()) {
      const [from, block] = [end, blocks[nth]!];
      end += size;
      // Its magic, its label, its first byte, its middle, its last.
      for (const at of [from, from + 60, from + 180, from + Math.floor((size + 180) / 2), end - 1]) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ 0x10;
        await writeFile(changed, bytes);

        const { code, stderr } = await audited('archive', changed, key);

        expect([at, code]).toEqual([at, 1]);
        const [, begin, last] = /bytes (\d+) to (\d+)/u.exec(stderr) ?? [];
        expect(Number(begin)).toBeLessThanOrEqual(at);
        expect(Number(last)).toBeGreaterThanOrEqual(at);
        expect(Number(last) - Number(begin)).toBeLessThan(size);
        expect(stderr).toMatch(
          block.kind === 'events' ? new RegExp(`events (from )?${block.from}`, 'u') : /head|end|no block/u,
        );
      }
    }
    expect(end).toBe(whole.length);
  });

  it('names the event whose body was forged, and the checkpoints between which another thing was', async () => {
    const forge = async (from: number, to: (text: string) => string): Promise<string> => {
      const blocks = await blocksOf(file);
      const forged = blocks.map((block) =>
        block.from <= from && from < block.to ? { ...block, text: to(block.text) } : block,
      );
      const forgery = path.join(weeks.folder, 'forged');
      await writeFile(forgery, Buffer.concat(await Promise.all(forged.map(packBlock))));
      return forgery;
    };
    const body = await forge(600, (text) => text.replace(/("i\\":600,.*?)parts/u, '$1party'));
    const bodies = [await audited('archive', body, key), await readerRefuses(body, key)];
    const type = await forge(600, (text) => text.replace(/("i\\":600,.*?)PodObserved/u, '$1PodObserveD'));
    const types = [await audited('archive', type, key), await readerRefuses(type, key)];

    expect(bodies).toEqual([
      expect.objectContaining({
        code: 1,
        stderr: expect.stringContaining('event 600: its body or salt is not that of its entry'),
      }),
      'archive-invalid',
    ]);
    expect(types).toEqual([
      expect.objectContaining({
        code: 1,
        stderr: expect.stringContaining(
          'events 300 to 999, or the hashes around them, are not those of the checkpoint of 1000',
        ),
      }),
      'archive-unproved',
    ]);
  });

  it('that was cut short says from which event on it is', async () => {
    const whole = await readFile(file);
    const cut = path.join(weeks.folder, 'cut');
    for (const length of [whole.length - 1, whole.length - 200, Math.floor(whole.length / 2), 100, 0]) {
      await writeFile(cut, whole.subarray(0, length));

      expect([length, await readerRefuses(cut, key)]).toEqual([length, 'archive-invalid']);
      expect((await audited('archive', cut, key)).stderr).toMatch(/cut short|are no block|no header/u);
    }
    await writeFile(cut, Buffer.concat([whole, Buffer.from('x')]));
    expect(await readerRefuses(cut, key)).toBe('archive-invalid');
    expect((await audited('archive', cut, key)).stderr).toContain('follow its end');
  });
});
