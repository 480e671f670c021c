import { describe, expect, it } from 'vitest';
import type { AlertAct } from '../../libs/alerting/src/acts.js';
import { judgeAlerts, type AlertCase } from './judge-alerts.js';

const [web, stuck] = ['web-alert', 'stuck-alert'];
const witness = 'witness';

type Type = AlertAct['type'];
const act = (alertId: string, type: Type, episode = 1): AlertAct =>
  ({
    type,
    alertId,
    episode,
    at: '2026-01-01T00:00:00Z',
    evidence: [],
    ...(type === 'AlertFired' ? { identity: { namespace: alertId === stuck ? witness : 'shop' } } : {}),
  }) as unknown as AlertAct;

const key = (alertId: string, transition: string, episode = 1): string =>
  `${alertId}:${episode}:${transition}:webhook:x`;
const told = (id: string, at: number, startsAt = 'then') => ({
  id,
  at,
  body: {
    status: id.includes(':fired:') ? 'firing' : 'resolved',
    alerts: [{ labels: { is: id.split(':')[0] }, startsAt }],
  },
});
const keys = [key(web, 'fired'), key(web, 'resolved'), key(stuck, 'fired')];

/** One alert fired and was resolved, another fires; each was told once. */
const wellTold: AlertCase = {
  acts: [act(web, 'AlertFired'), act(stuck, 'AlertFired'), act(web, 'AlertResolved')],
  settled: 3,
  taken: keys.map((id, at) => told(id, at)),
  outbox: keys.map((dedupe_key) => ({ dedupe_key, done: true })),
  deliveries: keys.map((dedupe_key) => ({ dedupe_key, outcome: 'delivered' })),
  stuck: [stuck],
  firing: [stuck],
  witness,
};
const untruths = (given: Partial<AlertCase>): string => judgeAlerts({ ...wellTold, ...given }).untruths.join('\n');

describe('deliveries', () => {
  it('are true that tell each transition once, in order', () => {
    expect(judgeAlerts(wellTold)).toEqual({ untruths: [], compared: { acts: 3, deliveries: 3, transitions: 3 } });
  });

  it('may come again under one key, and may have failed before', () => {
    expect(untruths({ taken: [...wellTold.taken, told(keys[1]!, 9)] })).toBe('');
    expect(untruths({ deliveries: [...wellTold.deliveries, { dedupe_key: keys[0]!, outcome: 'failed' }] })).toBe('');
  });

  it('may be on their way of what came after all was told', () => {
    const later = { acts: [...wellTold.acts, act(web, 'AlertFired', 2)] };
    const put = [...wellTold.outbox, { dedupe_key: key(web, 'fired', 2), done: false }];

    expect(untruths({ ...later, outbox: put })).toBe('');
    expect(untruths({ ...later, outbox: put, settled: 4 })).toMatch(/told to nobody[^]*is not done/);
  });

  const untrue: Readonly<Record<string, readonly [given: Partial<AlertCase>, says: RegExp]>> = {
    'lack a transition': [{ taken: wellTold.taken.slice(0, 2) }, /stuck-alert:1:fired was told to nobody/],
    'tell what never was': [{ taken: [...wellTold.taken, told(key(web, 'fired', 2), 9)] }, /told and never was/],
    'tell a transition under two keys': [
      { taken: [...wellTold.taken, told(`${keys[0]!}:again`, 9)] },
      /told in 2 ways under one key/,
    ],
    'say something else the second time': [
      { taken: [...wellTold.taken, told(keys[0]!, 9, 'another time')] },
      /told in 2 ways under one key/,
    ],
    'tell an end as a beginning': [
      { taken: wellTold.taken.map((one) => ({ ...one, body: { ...one.body, status: 'firing' } })) },
      /web-alert:1:resolved: told as firing/,
    ],
    'tell the end first': [
      { taken: [told(keys[0]!, 5), told(keys[1]!, 4), told(keys[2]!, 6)] },
      /web-alert: told out of order/,
    ],
    'are not done': [
      { outbox: wellTold.outbox.map((row, nth) => ({ ...row, done: nth > 0 })) },
      /web-alert:1:fired:webhook:x is not done/,
    ],
    'were noted twice': [
      { deliveries: [...wellTold.deliveries, wellTold.deliveries[0]!] },
      /web-alert:1:fired:webhook:x is noted as taken 2 times/,
    ],
    'were given up': [{ deliveries: wellTold.deliveries.slice(1) }, /is noted as taken 0 times/],
    'fire twice without an end': [
      { acts: [...wellTold.acts, act(stuck, 'AlertFired', 2)] },
      /its acts are AlertFired 1, AlertFired 2/,
    ],
    'are silent of what is stuck': [{ stuck: [stuck, web] }, /web-alert is about is stuck, and it does not fire/],
    'fire for nothing': [{ firing: [stuck, web] }, /web-alert fires, and nothing is stuck there/],
    'resolve what is stuck all the time': [
      { acts: [...wellTold.acts, act(stuck, 'AlertResolved')] },
      /stuck all the time, fired 1 times and was resolved 1 times/,
    ],
  };
  it.each(Object.entries(untrue))('are found out that %s', (_, [given, says]) => {
    expect(untruths(given)).toMatch(says);
  });
});
