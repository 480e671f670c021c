import { describe, expect, it } from 'vitest';
import type { Json } from './client.js';
import { at, clusters, ground } from './clusters.js';

const failure = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
const stranger = { headers: { 'impersonate-user': 'contract-stranger' } };

describe.each(clusters)('access to $name', (contracted) => {
  const here = ground(contracted);

  const review = (kind: string, spec: Json) => {
    const group = kind === 'TokenReview' ? 'authentication.k8s.io' : 'authorization.k8s.io';
    const body = { apiVersion: `${group}/v1`, kind, spec };
    return here.client.ask('POST', `/apis/${group}/v1/${kind.toLowerCase()}s`, { body });
  };

  it('is refused to a token that nobody has', async () => {
    const { status, body } = await here.client.get(here.pods, { token: 'wrong' });

    expect(status).toBe(401);
    expect(body).toEqual({ ...failure, message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  });

  it('is refused to who may not, by the name of what is missing', async () => {
    const everywhere = await here.client.get('/api/v1/pods', stranger);
    const there = await here.client.get(`${here.pods}/some`, stranger);
    const watching = await here.client.get('/apis/apps/v1/replicasets?watch=1', stranger);

    const user = 'User "contract-stranger" cannot';
    expect([everywhere, there, watching].map(({ body }) => body)).toEqual([
      {
        ...failure,
        message: `pods is forbidden: ${user} list resource "pods" in API group "" at the cluster scope`,
        reason: 'Forbidden',
        details: { kind: 'pods' },
        code: 403,
      },
      {
        ...failure,
        message: `pods "some" is forbidden: ${user} get resource "pods" in API group "" in the namespace "${here.namespace}"`,
        reason: 'Forbidden',
        details: { name: 'some', kind: 'pods' },
        code: 403,
      },
      {
        ...failure,
        message: `replicasets.apps is forbidden: ${user} watch resource "replicasets" in API group "apps" at the cluster scope`,
        reason: 'Forbidden',
        details: { group: 'apps', kind: 'replicasets' },
        code: 403,
      },
    ]);
  });

  it('names the subresource that is refused', async () => {
    const { body } = await here.client.get(`${here.pods}/some/log`, stranger);

    expect(body['message']).toContain('cannot get resource "pods/log" in API group ""');
  });

  it('to paths that are about no object is by path', async () => {
    const { status, body } = await here.client.get('/secret-door', stranger);

    expect(status).toBe(403);
    expect(body['message']).toBe('forbidden: User "contract-stranger" cannot get path "/secret-door"');
  });

  it('is open to everybody for health and version', async () => {
    const paths = ['/livez', '/readyz', '/healthz', '/version'];
    const answers = await Promise.all(paths.map((path) => here.client.get(path, stranger)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers[0]?.text).toBe('ok');
    expect(answers[3]?.body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
  });

  it('of a token is reviewed', async () => {
    const { status, body } = await review('TokenReview', { token: 'wrong' });
    const nothing = await review('TokenReview', {});

    expect(status).toBe(201);
    expect(body).toMatchObject({
      kind: 'TokenReview',
      apiVersion: 'authentication.k8s.io/v1',
      spec: { token: 'wrong' },
    });
    expect(body['status']).toEqual({ user: {}, error: expect.stringContaining('invalid bearer token') });
    expect(nothing.body).toMatchObject({ code: 400, message: 'token is required for TokenReview in authentication' });
  });

  it('of a user is reviewed', async () => {
    const resourceAttributes = { namespace: 'default', verb: 'list', resource: 'pods' };
    const denied = await review('SubjectAccessReview', { user: 'contract-stranger', resourceAttributes });
    const granted = await review('SubjectAccessReview', { user: 'x', groups: ['system:masters'], resourceAttributes });
    const path = await review('SubjectAccessReview', {
      user: 'x',
      groups: ['system:authenticated'],
      nonResourceAttributes: { path: '/apis', verb: 'get' },
    });

    expect(denied.status).toBe(201);
    expect([denied, granted, path].map(({ body }) => at(body, 'status', 'allowed'))).toEqual([false, true, true]);
    expect(denied.body).toMatchObject({
      kind: 'SubjectAccessReview',
      spec: { user: 'contract-stranger', resourceAttributes },
    });
  });

  it('is reviewed only where something is asked', async () => {
    const { status, body } = await review('SubjectAccessReview', { user: 'x' });

    expect(status).toBe(422);
    expect(body['message']).toContain('exactly one of nonResourceAttributes or resourceAttributes must be specified');
  });

  it('of oneself is reviewed', async () => {
    const { body } = await review('SelfSubjectAccessReview', {
      resourceAttributes: { verb: 'list', resource: 'pods' },
    });
    const other = await here.client.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      ...stranger,
      body: { spec: { resourceAttributes: { verb: 'list', resource: 'pods' } } },
    });

    expect(at(body, 'status', 'allowed')).toBe(true);
    expect(at(other.body, 'status', 'allowed')).toBe(false);
  });
});
