import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator } from '../index.js';
import { startApi, type SimulatedApi } from './simulated-api.js';

const run = promisify(execFile);
const present = spawnSync('kubectl', ['version', '--client']).status === 0;

const manifest = (image: string) => `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  initContainers: [{ name: fetch, image: busybox }]
  containers: [{ name: nginx, image: ${image} }]
`;

describe.skipIf(!present)('kubectl', () => {
  let api: SimulatedApi;
  let home: string;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'kubectl-'));
    api = await startApi(
      { https: true },
      { logs: ({ container }) => `2026-01-01T00:00:00.000000000Z this is ${container}\n` },
    );
  });
  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  /** What kubectl prints, and says besides, of a command. `{FILE}` is a manifest of the pod with this image. */
  async function kubectl(command: string, image = 'nginx:1.27'): Promise<string> {
    const file = join(home, 'pod.yaml');
    writeFileSync(file, manifest(image));
    const args = command.split(' ').map((word) => (word === '{FILE}' ? file : word));
    const env = { ...process.env, KUBECONFIG: api.kubeconfigPath, HOME: home };
    const { stdout } = await run('kubectl', args, { env });
    return stdout;
  }

  it('tells the version of the server', async () => {
    expect(await kubectl('version')).toContain('Server Version: v1.36.3');
  });

  it('applies, shows, changes and deletes a pod', async () => {
    expect(await kubectl('apply -f {FILE}')).toBe('pod/web created\n');
    expect(await kubectl('apply -f {FILE}')).toBe('pod/web unchanged\n');
    expect(await kubectl('get pods')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nweb +0\/1 +Pending +0 +\d+s\n$/);
    expect(await kubectl('get pods -o wide')).toContain('NOMINATED NODE');
    expect(await kubectl('apply -f {FILE}', 'nginx:2')).toBe('pod/web configured\n');
    expect(await kubectl('label pod web tier=front')).toBe('pod/web labeled\n');
    expect(await kubectl('annotate pod web note=hello')).toBe('pod/web annotated\n');
    expect(await kubectl('get pods -l tier=front -o name')).toBe('pod/web\n');
    expect(await kubectl('get pod web -o jsonpath={.spec.containers[0].image}')).toBe('nginx:2');
    expect(await kubectl('describe pod web')).toMatch(/Init Containers:\n {2}fetch:/);
    api.store.bind({ namespace: 'default', name: 'web' }, 'node-a');
    expect(await kubectl('logs web -c fetch')).toBe('this is fetch\n');
    expect(await kubectl('delete pod web --now --wait=false')).toContain('pod "web" deleted');
    expect(await kubectl('delete pod web --force')).toContain('pod "web" force deleted');
  });

  it('watches pods', async () => {
    const env = { ...process.env, KUBECONFIG: api.kubeconfigPath, HOME: home };
    const watching = run('kubectl', ['get', 'pods', '-w', '-o', 'name', '--request-timeout=3s'], { env }).catch(
      (ended: { stdout: string }) => ended,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await kubectl('apply -f {FILE}');
    const { stdout } = await watching;

    expect(stdout).toBe('pod/web\n');
  });

  it('applies on the server and is told of conflicts', async () => {
    await kubectl('apply --server-side --force-conflicts --field-manager=one -f {FILE}');
    const other = kubectl('apply --server-side --field-manager=two -f {FILE}', 'nginx:3');

    await expect(other).rejects.toThrow('conflict with "one": .spec.containers[name="nginx"].image');
  });

  it('is told what does not exist', async () => {
    await expect(kubectl('get pod nobody')).rejects.toThrow('Error from server (NotFound): pods "nobody" not found');
    await expect(kubectl('get nothing')).rejects.toThrow('the server doesn\'t have a resource type "nothing"');
  });

  it('sends no token without TLS, and looks at the demo all the same, but changes nothing there', async () => {
    const demo = await startSimulator({ demo: true });
    const ask = (...args: string[]) =>
      run('kubectl', ['--kubeconfig', demo.kubeconfigPath, ...args], { env: { ...process.env, HOME: home } });
    try {
      expect((await ask('get', 'namespaces')).stdout).toContain('kube-system');
      await expect(ask('delete', 'namespace', 'kube-system')).rejects.toMatchObject({
        stderr: expect.stringContaining('forbidden'),
      });
    } finally {
      await demo.close();
    }
  });
});
