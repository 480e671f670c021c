import { describe, expect, it } from 'vitest';
import { changesOf } from './changed-since.js';

const parts = {
  metadata: { name: 'a' },
  spec: {
    nodeName: 'n1',
    restartPolicy: 'Always',
    initContainers: ['migrate'],
    volumes: [{ name: 'data', emptyDir: {} }],
  },
  'spec.initContainer.migrate': {
    name: 'migrate',
    image: 'm:1',
    env: [{ name: 'A', value: { masked: 'hmac:1' } }],
    resources: { limits: { memory: '1Gi' } },
  },
  status: { phase: 'Pending' },
};
const init = parts['spec.initContainer.migrate'];

describe('what changed in a spec', () => {
  it.each([
    ['nothing', parts, []],
    [
      'what is of each pod',
      { ...parts, metadata: { name: 'b' }, status: {}, spec: { ...parts.spec, nodeName: 'n2' } },
      [],
    ],
    [
      'the token’s volume, where it was not',
      {
        ...parts,
        spec: {
          ...parts.spec,
          volumes: [
            { name: 'data', emptyDir: {} },
            { name: 'kube-api-access-2bcdf', projected: {} },
          ],
        },
      },
      [{ path: 'spec.volumes[kube-api-access]', from: null, to: { name: 'kube-api-access', projected: {} } }],
    ],
    [
      'an image',
      { ...parts, 'spec.initContainer.migrate': { ...init, image: 'm:2' } },
      [{ path: 'spec.initContainers[migrate].image', from: 'm:1', to: 'm:2' }],
    ],
    [
      'a value that is masked',
      { ...parts, 'spec.initContainer.migrate': { ...init, env: [{ name: 'A', value: { masked: 'hmac:2' } }] } },
      [{ path: 'spec.initContainers[migrate].env[A].value.masked', from: 'hmac:1', to: 'hmac:2' }],
    ],
    [
      'a variable more',
      { ...parts, 'spec.initContainer.migrate': { ...init, env: [...init.env, { name: 'B', value: 'db' }] } },
      [{ path: 'spec.initContainers[migrate].env[B]', from: null, to: { name: 'B', value: 'db' } }],
    ],
    [
      'a limit',
      { ...parts, 'spec.initContainer.migrate': { ...init, resources: { limits: { memory: '1Mi' } } } },
      [{ path: 'spec.initContainers[migrate].resources.limits.memory', from: '1Gi', to: '1Mi' }],
    ],
    [
      'a container more',
      {
        ...parts,
        spec: { ...parts.spec, initContainers: ['migrate', 'seed'] },
        'spec.initContainer.seed': { name: 'seed' },
      },
      [
        { path: 'spec.initContainers', from: ['migrate'], to: ['migrate', 'seed'] },
        { path: 'spec.initContainers[seed]', from: null, to: { name: 'seed' } },
      ],
    ],
    [
      'a volume',
      { ...parts, spec: { ...parts.spec, volumes: [{ name: 'data', configMap: { name: 'c' } }] } },
      [
        { path: 'spec.volumes[data].emptyDir', from: {}, to: null },
        { path: 'spec.volumes[data].configMap', from: null, to: { name: 'c' } },
      ],
    ],
  ])('%s', (_, now, expected) => {
    expect(changesOf(parts, now)).toEqual(expected);
  });

  it('is nothing where only names differ that are made up for each pod', () => {
    const of = (name: string, claimName: string) => ({
      spec: { volumes: [{ name }, { name: 'data', persistentVolumeClaim: { claimName } }] },
      'spec.initContainer.a': { name: 'a', volumeMounts: [{ name, mountPath: '/x' }] },
    });

    expect(changesOf(of('kube-api-access-2bcdf', 'data-db-0'), of('kube-api-access-x9zkq', 'data-db-1'))).toEqual([]);
  });

  it('is at most fifty members', () => {
    const env = Array.from({ length: 80 }, (_, at) => ({ name: `V${at}` }));

    expect(
      changesOf(parts, { ...parts, 'spec.initContainer.migrate': { ...init, env: [...init.env, ...env] } }),
    ).toHaveLength(50);
  });
});
