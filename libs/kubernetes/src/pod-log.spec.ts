import { afterEach, describe, expect, it } from 'vitest';
import { connect } from './connect.js';
import { scriptedServer, status, answerJson } from './testing/index.js';
import type { ScriptedServer } from './testing/index.js';

let server: ScriptedServer;
afterEach(() => server.close());

/** A kubelet's log: the last lines first, then their beginning, as `tailLines` and `limitBytes` go together. */
async function serve(lines: readonly string[]): Promise<void> {
  server = await scriptedServer((_, response, url) => {
    const tail = lines.slice(lines.length - Math.min(lines.length, Number(url.searchParams.get('tailLines'))));
    const text = tail.map((line, n) => `2026-11-21T02:00:0${n % 10}.5Z ${line}\n`).join('');
    response.end(Buffer.from(text).subarray(0, Number(url.searchParams.get('limitBytes'))));
  });
}

const read = (mostBytes: number, previous = false) =>
  connect({ kubeconfig: server.kubeconfig }).podLog({
    namespace: 'shop',
    pod: 'web',
    container: 'migrate',
    previous,
    tailLines: 80,
    mostBytes,
  });

describe('podLog', () => {
  it('tells the lines and when the runtime took them', async () => {
    await serve(['one', '', 'three ']);

    await expect(read(10_000, true)).resolves.toEqual({
      isCut: false,
      lines: [
        { at: '2026-11-21T02:00:00.5Z', text: 'one' },
        { at: '2026-11-21T02:00:01.5Z', text: '' },
        { at: '2026-11-21T02:00:02.5Z', text: 'three ' },
      ],
    });
    expect(server.asked).toEqual([
      'GET /api/v1/namespaces/shop/pods/web/log?container=migrate&timestamps=true&tailLines=81&limitBytes=10000&previous=true',
    ]);
  });

  it('asks for fewer lines where they are too many bytes, because a server cuts off their end', async () => {
    await serve(Array.from({ length: 80 }, (_, n) => `line ${n} ${'x'.repeat(100)}`));

    const { lines, isCut } = await read(2_000);

    expect(isCut).toBe(true);
    expect(lines.at(-1)?.text).toMatch(/^line 79 x+$/);
  });

  it('says so where there are more lines than are wanted', async () => {
    await serve(Array.from({ length: 81 }, (_, n) => `line ${n}`));

    const { lines, isCut } = await read(100_000);

    expect({ count: lines.length, first: lines[0]?.text, isCut }).toEqual({ count: 80, first: 'line 1', isCut: true });
  });

  it('says so where the last line itself is cut', async () => {
    await serve(['x'.repeat(5_000)]);

    await expect(read(1_000)).resolves.toMatchObject({ isCut: true });
  });

  it('says what the server says of an instance that is not there', async () => {
    server = await scriptedServer((_, response) =>
      answerJson(response, status(400, 'BadRequest', 'previous terminated container "migrate" not found'), 400),
    );

    await expect(read(1_000)).rejects.toMatchObject({
      reason: 'invalid',
      message: expect.stringContaining('not found'),
    });
  });
});
