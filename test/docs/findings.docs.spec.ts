import { expect, it } from 'vitest';
import { findingKinds } from '#libs/init-history';
import { section } from './section.js';

it('README lists every kind of finding', async () => {
  const rows = Object.entries(findingKinds).map(
    ([kind, { meaning, confidence }]) => `| \`${kind}\` | ${meaning} | ${confidence} |`,
  );
  const wanted = ['| kind | what it means | confidence |', '| --- | --- | --- |', ...rows].join('\n');

  expect(await section('findings', wanted)).toBe(wanted);
});
