import { describe, expect, it } from 'vitest';
import { noContext, type Context, type OwnerContext, type OwnerReference } from './context.js';
import { viewOf } from './snapshot.js';
import { partsOf } from './testing/index.js';
import { revisionOf, workloadOf } from './workload.js';

const reference = (kind: string, name: string): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind,
  name,
  uid: `uid-${name}`,
  controller: true,
});
const owner = (kind: string, name: string, above?: OwnerReference): OwnerContext => ({
  apiVersion: 'apps/v1',
  kind,
  name,
  uid: `uid-${name}`,
  ownerReferences: above ? [above] : [],
  labels: {},
  annotations: {},
});
const known = (...owners: OwnerContext[]): Context => ({
  ...noContext,
  owners: Object.fromEntries(owners.map((one) => [one.uid, one])),
});
const pod = (metadata: object) => viewOf(partsOf({ metadata: { name: 'p', uid: 'uid-p', ...metadata } }));

describe('the workload of a pod', () => {
  it('is the Deployment above its ReplicaSet', () => {
    const view = pod({
      ownerReferences: [reference('ReplicaSet', 'web-58df')],
      labels: { 'pod-template-hash': '58df' },
    });
    const told = workloadOf(view, known(owner('ReplicaSet', 'web-58df', reference('Deployment', 'web'))));
    expect(told).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web', resolved: true });
  });

  it('is resolved once its top was observed', () => {
    const view = pod({ ownerReferences: [reference('Job', 'each-minute-1')] });
    const context = known(
      owner('Job', 'each-minute-1', reference('CronJob', 'each-minute')),
      owner('CronJob', 'each-minute'),
    );
    expect(workloadOf(view, context)).toMatchObject({ kind: 'CronJob', name: 'each-minute', resolved: true });
  });

  it('is named by the ReplicaSet’s name and hash where the ReplicaSet was not observed, and not resolved', () => {
    const view = pod({
      ownerReferences: [reference('ReplicaSet', 'web-58df')],
      labels: { 'pod-template-hash': '58df' },
    });
    expect(workloadOf(view, noContext)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'web',
      uid: null,
      resolved: false,
    });
  });

  it('is a Job of its own when nothing stands above it, and unresolved when it was not observed', () => {
    const view = pod({ ownerReferences: [reference('Job', 'once')] });
    expect(workloadOf(view, known(owner('Job', 'once')))).toMatchObject({ kind: 'Job', resolved: true });
    expect(workloadOf(view, noContext)).toMatchObject({ kind: 'Job', resolved: false });
  });

  it.each(['StatefulSet', 'DaemonSet'])('is the %s itself', (kind) => {
    expect(workloadOf(pod({ ownerReferences: [reference(kind, 'db')] }), noContext)).toMatchObject({
      kind,
      name: 'db',
      resolved: true,
    });
  });

  it('is the pod where nothing controls it, a static pod’s node included', () => {
    expect(workloadOf(pod({}), noContext)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      name: 'p',
      uid: 'uid-p',
      resolved: true,
    });
    expect(workloadOf(pod({ ownerReferences: [reference('Node', 'node-a')] }), noContext).kind).toBe('Pod');
  });

  it('ends, though owners own each other', () => {
    const circle = known(owner('A', 'a', reference('B', 'b')), owner('B', 'b', reference('A', 'a')));
    expect(workloadOf(pod({ ownerReferences: [reference('A', 'a')] }), circle).resolved).toBe(false);
  });
});

describe('the revision of a pod', () => {
  it.each([
    [{ labels: { 'pod-template-hash': '58df' } }, '58df'],
    [{ labels: { 'rollouts-pod-template-hash': '77aa' } }, '77aa'],
    [{ labels: { 'controller-revision-hash': 'db-6b9' } }, 'db-6b9'],
    [{ ownerReferences: [reference('Job', 'each-minute-1')] }, 'each-minute-1'],
    [{}, null],
  ])('of %j is %s', (metadata, revision) => {
    expect(revisionOf(pod(metadata))).toBe(revision);
  });
});
