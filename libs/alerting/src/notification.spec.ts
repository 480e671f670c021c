import { describe, expect, it } from 'vitest';
import { fingerprint, postable, webhookBody } from './notification.js';
import { someIdentity, someNotification } from './testing/index.js';

const notification = someNotification({
  identity: someIdentity({ revision: null }),
  pods: ['api-1', 'api-2', 'api-3', 'api-4'].map((name) => ({ name })),
});

describe('postable', () => {
  it('keeps pods and empty values out of the labels, so that the identity never moves', () => {
    expect(postable(notification, 0).labels).toEqual({
      alertname: 'PodInitCrashLooping',
      cluster: 'c1',
      namespace: 'shop',
      workload_kind: 'Deployment',
      workload: 'api',
      container: 'migrate',
      cause: 'crash',
      severity: 'warning',
    });
  });

  it('ends four minutes ahead while it fires', () => {
    expect(postable(notification, Date.parse('2026-11-21T00:10:00Z')).endsAt).toBe('2026-11-21T00:14:00.000Z');
  });

  it('counts the pods and names three', () => {
    expect(postable(notification, 0).annotations['pods']).toBe('4: api-1, api-2, api-3 (+1)');
  });
});

describe('webhookBody', () => {
  it('says not yet with the zero time that Alertmanager uses', () => {
    expect(webhookBody(notification)).toMatchObject({
      version: '4',
      status: 'firing',
      alerts: [{ status: 'firing', endsAt: '0001-01-01T00:00:00Z' }],
    });
  });

  it('tells a resolution with its time', () => {
    const resolved = { ...notification, endsAt: '2026-11-21T00:15:00.000Z' };

    expect(webhookBody(resolved)).toMatchObject({ status: 'resolved', alerts: [{ endsAt: resolved.endsAt }] });
  });
});

describe('fingerprint', () => {
  it('is that of the FNV-1a offset for no labels', () => {
    expect(fingerprint({})).toBe('cbf29ce484222325');
  });

  it('does not depend on the order of labels', () => {
    expect(fingerprint({ a: '1', b: '2' })).toBe(fingerprint({ b: '2', a: '1' }));
  });
});
