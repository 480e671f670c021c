/** Events about in-place resizes, which carry what was asked as JSON (semantics 2.7; recorded, 1.36.3: resize). */
import { bag } from '../read-fields.js';
import type { ParsedEvent, ResizedContainer } from './parsed-event.js';

type Stage = Extract<ParsedEvent, { kind: 'resize' }>['stage'];

const quantities = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(bag(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

const containersIn = (value: unknown, init: boolean): readonly ResizedContainer[] =>
  (Array.isArray(value) ? value : []).map((one: unknown) => {
    const { name, resources } = bag(one);
    const { requests, limits } = bag(resources);
    return {
      name: typeof name === 'string' ? name : '',
      init,
      requests: quantities(requests),
      limits: quantities(limits),
    };
  });

/** Null where the text holds no JSON that is whole: a long one was cut. */
function asked(message: string): readonly ResizedContainer[] | null {
  const json = /\{.*\}$/s.exec(message)?.[0];
  if (json === undefined) return null;
  try {
    const { initContainers, containers } = bag(JSON.parse(json));
    return [...containersIn(initContainers, true), ...containersIn(containers, false)];
  } catch {
    return null;
  }
}

export const resize =
  (stage: Stage) =>
  (message: string): ParsedEvent => ({ kind: 'resize', stage, containers: asked(message) });
