import type { AlertIdentity } from '../identity.js';
import type { Notification } from '../notification.js';

/** Who an alert is about: `migrate` of the Deployment `api` crashes. */
export const someIdentity = (more: Partial<AlertIdentity> = {}): AlertIdentity => ({
  cluster: 'c1',
  namespace: 'shop',
  workloadKind: 'Deployment',
  workloadName: 'api',
  revision: '7d9f8c6b5',
  container: 'migrate',
  category: 'CRASH',
  ...more,
});

/** What a receiver is told of a firing alert. */
export const someNotification = (more: Partial<Notification> = {}): Notification => ({
  alertId: '7b0b2a7e-8a3b-5c5e-9d6f-0a1b2c3d4e5f',
  episode: 1,
  identity: someIdentity(),
  pods: [{ name: 'api-1' }],
  threshold: { seconds: 300, basis: 'default 300 s' },
  startsAt: '2026-11-21T00:00:00.000Z',
  endsAt: null,
  url: 'http://127.0.0.1:7411/api/v1/stuck',
  ...more,
});
