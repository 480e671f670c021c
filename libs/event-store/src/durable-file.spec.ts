import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** What was asked of the disk, in order. */
const asked = vi.hoisted((): string[] => []);
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const name = (file: unknown): string => path.basename(String(file)).replace(/[0-9a-f-]{36}/u, 'ID');
  return {
    ...real,
    writeFile: async (...args: Parameters<typeof real.writeFile>) => {
      const { flush } = (args[2] ?? {}) as { flush?: boolean };
      asked.push(`write ${name(args[0])}${flush ? ' and sync' : ''}`);
      return real.writeFile(...args);
    },
    rename: async (...args: Parameters<typeof real.rename>) => {
      asked.push(`rename ${name(args[0])} ${name(args[1])}`);
      return real.rename(...args);
    },
    link: async (...args: Parameters<typeof real.link>) => {
      asked.push(`link ${name(args[0])} ${name(args[1])}`);
      return real.link(...args);
    },
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        asked.push(`sync ${(await handle.stat()).isDirectory() ? 'folder' : name(args[0])}`);
        return sync();
      };
      return handle;
    },
  };
});

const { createFile, replaceFile } = await import('./durable-file.js');
const { readLedgerKeys, rotateLedgerKey } = await import('./ledger/ledger-key.js');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-durable-'));
  asked.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));
const at = (name: string): string => path.join(folder, name);

describe('a file that must outlast a failure of power', () => {
  it('is on the disk under another name before it takes its own, and so is that name', async () => {
    await replaceFile(at('key'), 'text');
    await replaceFile(at('key'), 'other');

    const steps = ['write key.ID.new and sync', 'rename key.ID.new key', 'sync folder'];
    expect(asked).toEqual([...steps, ...steps]);
    expect(await readFile(at('key'), 'utf8')).toBe('other');
    expect((await stat(at('key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['key']);
  });

  it('is made once, and one that is there is left as it is', async () => {
    await createFile(at('key'), 'text');
    await expect(createFile(at('key'), 'other')).rejects.toMatchObject({ code: 'EEXIST' });

    expect(asked.slice(0, 3)).toEqual(['write key.ID.new and sync', 'link key.ID.new key', 'sync folder']);
    expect(await readFile(at('key'), 'utf8')).toBe('text');
    expect(await readdir(folder)).toEqual(['key']);
  });

  it('is what a ledger key is kept in, when it is made and when it is changed', async () => {
    const [first] = await readLedgerKeys({ data: folder, ledgerKeyFile: undefined });
    expect(asked).toEqual([
      'write ledger-key.pem.ID.new and sync',
      'link ledger-key.pem.ID.new ledger-key.pem',
      'sync folder',
    ]);
    asked.length = 0;
    await rotateLedgerKey({ data: folder, ledgerKeyFile: undefined });

    expect(asked).toEqual([
      'write ledger-key.pem.ID.new and sync',
      'rename ledger-key.pem.ID.new ledger-key.pem',
      'sync folder',
    ]);
    expect((await readLedgerKeys({ data: folder, ledgerKeyFile: undefined }))[1]).toBe(first);
  });

  it('says what is wrong with the one that is named, and makes none in its place', async () => {
    await writeFile(at('mine'), 'no key');

    await expect(readLedgerKeys({ data: folder, ledgerKeyFile: at('mine') })).rejects.toMatchObject({
      code: 'ledger-key-invalid',
    });
    expect(await readFile(at('mine'), 'utf8')).toBe('no key');
  });
});
