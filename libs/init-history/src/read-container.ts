/** What is read of a container beside its plain fields. */
import type { RestartRule } from './pod-view.js';
import { bag, fields, isBag, items, texts } from './read-fields.js';

/** `{"cpu": "10m", "memory": "20Mi"}` as `cpu=10m memory=20Mi`, in the order of names. */
const quantities = (value: unknown): string =>
  Object.entries(texts(value))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, quantity]) => `${name}=${quantity}`)
    .join(' ');

/** Requests and limits as one text, `requests cpu=10m; limits cpu=100m`: equal texts are equal resources. Null for none. */
export function resourcesOf(value: unknown): string | null {
  const resources = bag(value);
  const told = ['requests', 'limits']
    .map((kind) => [kind, quantities(resources[kind])] as const)
    .filter(([, list]) => list !== '')
    .map(([kind, list]) => `${kind} ${list}`);
  return told.length === 0 ? null : told.join('; ');
}

/** `restartPolicyRules` (KEP-5307): the first that matches an exit code decides. */
export const restartRulesOf = (value: unknown): readonly RestartRule[] =>
  items(value)
    .filter(isBag)
    .map((rule) => {
      const exitCodes = bag(rule['exitCodes']);
      return {
        action: fields(rule, { action: 'string' }).action ?? '',
        operator: fields(exitCodes, { operator: 'string' }).operator ?? null,
        exitCodes: items(exitCodes['values']).filter((code) => typeof code === 'number'),
      };
    });
