import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { describeSettings } from '#libs/platform';
import { section } from './section.js';

const run = promisify(execFile);
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
