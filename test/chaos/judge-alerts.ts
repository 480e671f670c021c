/** Holds what a receiver was told against the log of acts: every transition told, none that never was, each under one key, in order. */
import type { AlertAct } from '../../libs/alerting/src/acts.js';
import type { Json } from '../e2e/service.js';
import type { Taken } from './receiver.js';
import type { Judgement } from './verdict.js';

export type AlertCase = Readonly<{
  acts: readonly AlertAct[];
  /** How many of them there were when everything had been told: what came later may still be on its way. */
  settled: number;
  taken: readonly Taken[];
  /** Rows of `outbox`. */
  outbox: readonly Readonly<{ dedupe_key: string; done: boolean }>[];
  /** Rows of `delivery`. */
  deliveries: readonly Readonly<{ dedupe_key: string; outcome: string }>[];
  /** Identities of what is stuck in the end, and of the alerts that fire. */
  stuck: readonly string[];
  firing: readonly string[];
  /** The namespace of the pod that is stuck from the beginning to the end. */
  witness: string;
}>;

export function judgeAlerts(given: AlertCase): Judgement {
  const { acts, taken, settled } = given;
  const due = new Set(acts.slice(0, settled).map(keyOf));
  const keys = new Map(acts.map((act) => [keyOf(act), act]));
  const byId = Map.groupBy(taken, ({ id }) => transitionOf(id));
  const untruths = [
    ...lives(acts),
    ...[...due].filter((key) => !byId.has(key)).map((key) => `alert ${key} was told to nobody`),
    ...[...byId.keys()].filter((key) => !keys.has(key)).map((key) => `alert ${key} was told and never was`),
    ...[...byId].flatMap(([key, its]) => repetitions(key, its, keys.get(key))),
    ...order(acts, byId),
    ...delivered(given, due),
    ...standing(given),
    ...witnessed(given),
  ];
  return { untruths, compared: { acts: acts.length, deliveries: taken.length, transitions: keys.size } };
}

const keyOf = ({ alertId, episode, type }: AlertAct): string =>
  [alertId, episode, type === 'AlertFired' ? 'fired' : 'resolved'].join(':');

/** An alert fires, is resolved, fires again: nothing else, and each once. */
function lives(acts: readonly AlertAct[]): string[] {
  return [...Map.groupBy(acts, ({ alertId }) => alertId)].flatMap(([id, its]) => {
    const told = its.map(({ type, episode }) => `${type} ${episode}`);
    const due = its.map((_, at) => `${at % 2 === 0 ? 'AlertFired' : 'AlertResolved'} ${1 + (at >> 1)}`);
    return told.join() === due.join() ? [] : [`alert ${id}: its acts are ${told.join(', ')}`];
  });
}

/** What comes again under one key says the same again. */
function repetitions(key: string, its: readonly Taken[], act: AlertAct | undefined): string[] {
  const said = new Set(its.map(({ id, body }) => JSON.stringify([id, ...meaning(body)])));
  if (said.size > 1) return [`alert ${key}: told in ${said.size} ways under one key: ${[...said].join(' | ')}`];
  const status = act?.type === 'AlertResolved' ? 'resolved' : 'firing';
  return act && its.some(({ body }) => body.status !== status) ? [`alert ${key}: told as ${its[0]?.body.status}`] : [];
}

/** How many pods there are may be told otherwise the second time; what it is may not. */
const meaning = ({ status, alerts: [alert] }: Json): unknown[] => [status, alert.labels, alert.startsAt, alert.endsAt];

/** Of one alert, each transition is first heard of after the one before it. */
function order(acts: readonly AlertAct[], byId: ReadonlyMap<string, readonly Taken[]>): string[] {
  return [...Map.groupBy(acts, ({ alertId }) => alertId)].flatMap(([id, its]) => {
    const heard = its.map((act) => byId.get(keyOf(act))?.[0]?.at ?? Number.POSITIVE_INFINITY);
    return heard.every((at, nth) => nth === 0 || at >= heard[nth - 1]!) ? [] : [`alert ${id}: told out of order`];
  });
}

/** Which transition is told under an id, whoever is told. */
const transitionOf = (id: string): string => id.split(':').slice(0, 3).join(':');

/** Every row of the outbox that is due is done, by one delivery that was taken. */
function delivered({ outbox, deliveries }: AlertCase, due: ReadonlySet<string>): string[] {
  const taken = Map.groupBy(
    deliveries.filter(({ outcome }) => outcome === 'delivered'),
    ({ dedupe_key }) => dedupe_key,
  );
  return outbox.flatMap(({ dedupe_key: key, done }) => {
    const count = taken.get(key)?.length ?? 0;
    if (!done) return due.has(transitionOf(key)) ? [`delivery ${key} is not done`] : [];
    return count === 1 ? [] : [`delivery ${key} is noted as taken ${count} times`];
  });
}

/** In the end exactly that fires which is stuck. */
function standing({ stuck, firing }: AlertCase): string[] {
  return [
    ...stuck
      .filter((id) => !firing.includes(id))
      .map((id) => `what alert ${id} is about is stuck, and it does not fire`),
    ...firing.filter((id) => !stuck.includes(id)).map((id) => `alert ${id} fires, and nothing is stuck there`),
  ];
}

/** What was stuck all the time fired once and was never resolved. */
function witnessed({ acts, witness }: AlertCase): string[] {
  const fired = acts.filter((act) => act.type === 'AlertFired' && act.identity.namespace === witness);
  const ids = new Set(fired.map(({ alertId }) => alertId));
  const resolved = acts.filter(({ type, alertId }) => type === 'AlertResolved' && ids.has(alertId));
  if (fired.length === 1 && resolved.length === 0) return [];
  return [
    `the pod in ${witness}, stuck all the time, fired ${fired.length} times and was resolved ${resolved.length} times`,
  ];
}
