import { readFile, writeFile } from 'node:fs/promises';

const page = 'README.md';

/** What stands between the marks of a generated section: written by `npm run docs`, and only read by every other run. */
export async function section(name: string, wanted: string): Promise<string> {
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
