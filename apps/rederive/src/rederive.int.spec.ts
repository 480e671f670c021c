import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RULES } from '#libs/init-history';
import { ran, type Ran } from '#testing/platform';
import { Ledger, goodStart, newPod, uid } from '#testing/projections';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const args = fileURLToPath(new URL('args.ts', import.meta.url));
const fromSource = new URL('../../../test/support/from-source.mjs', import.meta.url).href;
const initHistory = new URL('../../../libs/init-history/src/index.ts', import.meta.url).href;

const otherRules = `
export * from '${initHistory}';
import { podAccount as known } from '${initHistory}';
export const RULES = '99';
export const podAccount = (...of) => ({ ...known(...of), node: 'node-z' });
`;

let ledger: Ledger;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-rederive-'));
  await writeFile(path.join(folder, 'rules.mjs'), otherRules);
  ledger = await Ledger.open();
  await ledger.append([...goodStart(1, 10, 7), newPod(2, 20)]);
  await ledger.project();
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

const rederive = (...flags: readonly string[]): Promise<Ran> =>
  ran('--import', fromSource, main, '--database-url', ledger.urls.api, ...flags);

const others = () => ['--rules', path.join(folder, 'rules.mjs')];

describe('the command rederive', () => {
  it('ends with 0 where nothing differs', async () => {
    expect(await rederive()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^2 pods, .*: 0 differ\.\n$/) as string,
    });
  });

  it('tells people what differs, and ends with 1', async () => {
    const { code, stdout } = await rederive(...others(), '--pod', uid(2));

    expect([code, stdout]).toEqual([
      1,
      `shop/api-2  ${uid(2)}  shard 1\n  node: "node-a" → "node-z"\n\n1 pods, in force by rules ${RULES}, read again by rules 99: 1 differ.\n`,
    ]);
  });

  it('tells programs, one field a line', async () => {
    const { stdout } = await rederive(...others(), '--json');

    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { uid: uid(1), name: 'api-1', rules: { to: '99' }, path: 'node', from: 'node-a', to: 'node-z' },
      { uid: uid(2), name: 'api-2', path: 'node' },
    ]);
  });

  it('counts the pods that differ in each field', async () => {
    const { stdout } = await rederive(...others(), '--summary');

    expect(stdout).toBe(
      `       2  node  (${uid(1)})\n2 pods, in force by rules ${RULES}, read again by rules 99: 2 differ.\n`,
    );
  });

  it.each([
    [['--pod', 'api-2'], /--pod api-2: is not the UID of a pod/],
    [['--since', 'yesterday'], /--since yesterday: is not a time/],
    [['--rules', '/nowhere'], /there is no \/nowhere/],
    [['--rules', '/tmp'], /holds no build/],
    [['--rules', args], /args.ts does not export RULES, nothingKnown, advance, podAccount/],
    [['--summary', '--json'], /contradict/],
    [['--what'], /Unknown option '--what'/],
    [['--database-url', 'postgres://127.0.0.1:1/none'], /ECONNREFUSED/],
  ])('ends with 2 and says what is wrong: %j', async (flags, told) => {
    const { code, stderr } = await rederive(...flags);

    expect(stderr).toMatch(told);
    expect(code).toBe(2);
  });
});
