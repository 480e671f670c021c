import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { dashboard } from '../../deploy/grafana/dashboard.js';

const file = 'deploy/grafana/initledger.json';

describe('the dashboard file', () => {
  it('is what its source makes', async () => {
    const wanted = `${JSON.stringify(dashboard, null, 2)}\n`;
    if (process.env['UPDATE_DOCS']) await writeFile(file, wanted);

    expect(await readFile(file, 'utf8')).toBe(wanted);
  });
});
