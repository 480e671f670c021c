import { describe, expect, it } from 'vitest';
import type { Json } from './client.js';
import { at, clusters, ground, pod } from './clusters.js';

const amounts = (cpu: string, more: Json = {}): Json => ({
  requests: { cpu, memory: '20Mi' },
  limits: { cpu: '1', memory: '40Mi', ...more },
});

const sized = (name: string): Json =>
  pod(name, {
    labels: { kept: 'yes' },
    spec: {
      initContainers: [{ name: 'first', image: 'registry.example/first:1', resources: amounts('10m') }],
      containers: [{ name: 'app', image: 'registry.example/app:1', resources: amounts('10m') }],
    },
  });

describe.each(clusters)('the subresource resize of pods of $name', (contracted) => {
  const here = ground(contracted);

  const resize = (name: string, spec: Json, more: Json = {}) =>
    here.client.ask('PATCH', `${here.pods}/${name}/resize`, {
      body: { ...more, spec },
      contentType: 'application/strategic-merge-patch+json',
    });
  const causes = (body: Json) => (at(body, 'details', 'causes') as Json[]).map((one) => [one['field'], one['message']]);

  it('gives init and app containers other resources, counts that, and takes nothing else', async () => {
    await here.client.create(here.pods, sized('grown'));
    const { body } = await resize(
      'grown',
      {
        activeDeadlineSeconds: 5,
        initContainers: [{ name: 'first', resources: amounts('20m') }],
        containers: [{ name: 'app', image: 'registry.example/app:2', resources: amounts('30m') }],
      },
      { metadata: { labels: { via: 'resize' }, annotations: { by: 'resize' } }, status: { message: 'no' } },
    );

    expect(at(body, 'spec', 'initContainers', 0, 'resources')).toEqual(amounts('20m'));
    expect(at(body, 'spec', 'containers', 0)).toMatchObject({
      image: 'registry.example/app:1',
      resources: amounts('30m'),
    });
    expect(at(body, 'spec', 'activeDeadlineSeconds')).toBeUndefined();
    expect(at(body, 'status', 'message')).toBeUndefined();
    expect(at(body, 'metadata', 'generation')).toBe(2);
    expect(at(body, 'metadata', 'labels')).toEqual({ kept: 'yes' });
    expect(at(body, 'metadata', 'annotations')).toBeUndefined();
  });

  it('makes its writer own all that was given, even what is not taken', async () => {
    await here.client.create(here.pods, sized('owned'));
    const { body } = await resize(
      'owned',
      { activeDeadlineSeconds: 5, containers: [{ name: 'app', image: 'b:2', resources: amounts('30m') }] },
      { metadata: { annotations: { by: 'resize' } }, status: { message: 'no' } },
    );

    const owners = at(body, 'metadata', 'managedFields') as Json[];
    expect(owners.find(({ subresource }) => subresource === 'resize')).toMatchObject({
      manager: 'contract-test',
      operation: 'Update',
      fieldsV1: {
        'f:metadata': { 'f:annotations': { '.': {}, 'f:by': {} } },
        'f:spec': {
          'f:activeDeadlineSeconds': {},
          'f:containers': {
            'k:{"name":"app"}': { 'f:image': {}, 'f:resources': { 'f:requests': { 'f:cpu': {} } } },
          },
        },
        'f:status': { 'f:message': {} },
      },
    });
  });

  it('is the only way to change resources', async () => {
    await here.client.create(here.pods, sized('fixed'));
    const { status, body } = await here.client.ask('PATCH', `${here.pods}/fixed`, {
      body: { spec: { containers: [{ name: 'app', resources: amounts('30m') }] } },
      contentType: 'application/strategic-merge-patch+json',
    });

    expect([status, body['reason']]).toEqual([422, 'Invalid']);
  });

  it('refuses another quality of service', async () => {
    await here.client.create(here.pods, sized('burstable'));
    const guaranteed = { requests: { cpu: '1', memory: '40Mi' } };
    const { status, body } = await resize('burstable', {
      initContainers: [{ name: 'first', resources: guaranteed }],
      containers: [{ name: 'app', resources: guaranteed }],
    });

    expect(status).toBe(422);
    expect(causes(body)).toEqual([
      ['spec', 'Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
    ]);
  });

  it('refuses to take a limit away, and resources other than cpu and memory', async () => {
    await here.client.create(here.pods, sized('limited'));
    const without = await resize('limited', {
      containers: [{ name: 'app', resources: { limits: { cpu: null } } }],
    });
    const disk = await resize('limited', {
      containers: [{ name: 'app', resources: amounts('10m', { 'ephemeral-storage': '1Gi' }) }],
    });

    expect(causes(without.body)).toEqual([
      ['spec.containers[0].resources.limits', 'Forbidden: resource limits cannot be removed'],
    ]);
    expect(disk.status).toBe(422);
    expect(String(disk.body['message'])).toContain('only cpu and memory resources are mutable');
  });

  it('refuses other containers', async () => {
    await here.client.create(here.pods, sized('whole'));
    const { status, body } = await resize('whole', {
      containers: [{ name: 'second', image: 'registry.example/second:1' }],
    });

    expect(status).toBe(422);
    expect(causes(body)).toEqual([['spec.containers', 'Forbidden: containers may not be added or removed on resize']]);
  });
});
