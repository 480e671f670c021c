import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '#libs/platform';

const run = promisify(execFile);
const page = 'README.md';

/** What stands between the marks of a generated section: written by `npm run docs`, compared by every other run. */
async function section(name: string, wanted: string): Promise<string> {
  const whole = await readFile(page, 'utf8');
  const marks = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (process.env['UPDATE_DOCS']) {
    await writeFile(
      page,
      whole.replace(marks, (_all, open: string, close: string) => `${open}\n${wanted}\n\n${close}`),
    );
    return wanted;
  }
  return marks.exec(whole)![0].split('\n').slice(1, -1).join('\n').trim();
}

describe('README', () => {
  it('lists every setting', async () => {
    const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
    const rows = describeSettings().map(
      ({ flag, variable, byDefault, meaning }) =>
        `| \`${flag}\` | \`${variable}\` | ${byDefault ? `\`${cell(byDefault)}\`` : ''} | ${cell(meaning)} |`,
    );
    const wanted = ['| flag | variable | unless told | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');

    expect(await section('settings', wanted)).toBe(wanted);
  });

  it('draws who imports whom', async () => {
    const drawn = await run('node_modules/.bin/depcruise', [
      'apps',
      'libs',
      '--config',
      '.dependency-cruiser.mjs',
      '--exclude',
      '\\.spec\\.ts$|/testing/',
      '--include-only',
      '^(apps|libs)/',
      '--output-type',
      'mermaid',
      '--collapse',
      '^(apps|libs)/[^/]+',
    ]);
    const wanted = `\`\`\`mermaid\n${drawn.stdout.trim()}\n\`\`\``;

    expect(await section('picture', wanted)).toBe(wanted);
  });
});
