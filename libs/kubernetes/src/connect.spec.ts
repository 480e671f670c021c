import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from './connect.js';
import { answerJson, scriptedServer, status, writeKubeconfig } from './testing/index.js';
import type { ScriptedServer } from './testing/index.js';

const folder = () => mkdtempSync(join(tmpdir(), 'home-'));
const refusalOf = (choice: Parameters<typeof connect>[0]) => {
  try {
    connect(choice);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('connect', () => {
  it('tells that there is no kubeconfig at all', () => {
    expect(refusalOf({ home: folder() })).toMatchObject({ code: 'kubeconfig-missing' });
  });

  it('takes a file that was named and is not there for a mistake, not for none', () => {
    expect(refusalOf({ kubeconfig: '/nowhere/config' })).toMatchObject({ code: 'kubeconfig-invalid' });
  });

  it.each([
    ['no YAML', ':\n-{'],
    ['text', 'hello'],
    ['empty', ''],
    ['a cluster without a server', JSON.stringify({ clusters: [{ name: 'a', cluster: {} }] })],
  ])('refuses a file that is %s', (_, text) => {
    const file = join(folder(), 'config');
    writeFileSync(file, text);

    expect(refusalOf({ kubeconfig: file })).toMatchObject({
      code: expect.stringMatching(/^(kubeconfig-invalid|context-missing)$/),
    });
  });

  it('names the contexts there are when none is current', () => {
    const refusal = refusalOf({ kubeconfig: writeKubeconfig({ currentContext: '' }) });

    expect(refusal).toMatchObject({ code: 'context-missing', remedy: expect.stringContaining('There are: test') });
  });

  it('refuses a context that is not there', () => {
    expect(refusalOf({ kubeconfig: writeKubeconfig({}), context: 'prod' })).toMatchObject({
      code: 'context-unknown',
      remedy: expect.stringContaining('There are: test'),
    });
  });

  it('refuses a certificate authority that cannot be read', () => {
    const kubeconfig = writeKubeconfig({ cluster: { 'certificate-authority': 'missing.crt' } });

    expect(refusalOf({ kubeconfig })).toMatchObject({ code: 'kubeconfig-invalid' });
  });

  it('refuses a credential plugin that is not installed, with its own hint', () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'cloud-login',
      installHint: 'apt install it',
    };

    const refusal = refusalOf({ kubeconfig: writeKubeconfig({ user: { exec } }), path: folder() });

    expect(refusal).toMatchObject({ code: 'credential-plugin-missing', remedy: 'apt install it' });
  });

  it('merges several files as kubectl does: the first to say a thing wins', () => {
    const first = writeKubeconfig({ server: 'https://first:1' });
    const second = writeKubeconfig({ server: 'https://second:1' });

    expect(connect({ kubeconfig: `${first}:${second}` }).server).toBe('https://first:1');
  });

  it('asks nothing: a cluster that does not answer is no error', async () => {
    const cluster = connect({ kubeconfig: writeKubeconfig({ server: 'https://127.0.0.1:1' }) });

    await expect(cluster.version()).rejects.toMatchObject({ reason: 'unreachable' });
  });
});

describe('credentials', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  const onlyToken = (token: () => string) =>
    scriptedServer((request, response) => {
      if (request.headers.authorization === `Bearer ${token()}`) return answerJson(response, { gitVersion: 'v1.36.0' });
      return answerJson(response, status(401, 'Unauthorized'), 401);
    });

  it('are read anew when a token file has rotated', async () => {
    let valid = 'first';
    server = await onlyToken(() => valid);
    const tokenFile = join(folder(), 'token');
    writeFileSync(tokenFile, valid);
    const cluster = connect({ kubeconfig: writeKubeconfig({ server: server.url, user: { tokenFile } }) });
    await cluster.version();

    valid = 'second';
    writeFileSync(tokenFile, valid);

    await expect(cluster.version()).resolves.toMatchObject({ gitVersion: 'v1.36.0' });
  });

  it('are asked of the plugin, and its failure is told with its own words', async () => {
    server = await onlyToken(() => 'from-plugin');
    const plugin = join(folder(), 'plugin');
    const answer = { kind: 'ExecCredential', status: { token: 'from-plugin' } };
    writeFileSync(plugin, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
    chmodSync(plugin, 0o755);
    const cluster = connect({
      kubeconfig: writeKubeconfig({ server: server.url, user: { exec: { command: plugin } } }),
    });

    await expect(cluster.version()).resolves.toMatchObject({ gitVersion: 'v1.36.0' });

    writeFileSync(plugin, '#!/bin/sh\necho please log in >&2\nexit 1\n');
    const other = connect({ kubeconfig: writeKubeconfig({ server: server.url, user: { exec: { command: plugin } } }) });
    await expect(other.version()).rejects.toMatchObject({
      reason: 'credentials',
      message: expect.stringContaining('please log in'),
    });
  });

  it('that the server does not take are refused, once asked for again', async () => {
    server = await onlyToken(() => 'another');

    await expect(connect({ kubeconfig: server.kubeconfig }).version()).rejects.toMatchObject({
      reason: 'unauthorized',
    });
    expect(server.asked).toHaveLength(2);
  });
});

describe('identity', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  it('is the UID of kube-system', async () => {
    server = await scriptedServer((_, response) => answerJson(response, { metadata: { uid: 'kube-system-uid' } }));

    expect(await connect({ kubeconfig: server.kubeconfig }).identity()).toEqual({
      uid: 'kube-system-uid',
      basis: 'namespaceUid',
    });
  });

  it('is weaker, and the same each time, where that may not be read', async () => {
    server = await scriptedServer((_, response) => answerJson(response, status(403, 'Forbidden'), 403));
    const identity = await connect({ kubeconfig: server.kubeconfig }).identity();

    expect(identity.basis).toBe('serverAndCa');
    expect(await connect({ kubeconfig: server.kubeconfig }).identity()).toEqual(identity);
  });

  it('is never guessed of a cluster that does not answer', async () => {
    server = await scriptedServer((_, response) => answerJson(response, status(503, 'ServiceUnavailable'), 503));

    await expect(connect({ kubeconfig: server.kubeconfig }).identity()).rejects.toMatchObject({ reason: 'server' });
  });
});
