import { createRequire } from 'node:module';
import path from 'node:path';

import { observation } from './observation.js';

// A process of its own: Emmett changes the types that pg reads for all who use it.

/** What to append where: `folder` is where its package is installed. */
export type EmmettTask = Readonly<{
  folder: string;
  url: string;
  events: number;
  batch: number;
  small: number;
}>;

/** How it went. */
export type EmmettWent = Readonly<{ version: string; perSecond: number; smallMs: readonly number[] }>;

type Event = Readonly<{ type: string; data: unknown }>;
type Store = Readonly<{
  schema: { migrate(): Promise<unknown> };
  appendToStream(stream: string, events: readonly Event[]): Promise<unknown>;
  close(): Promise<void>;
}>;

const task = JSON.parse(process.argv[2] ?? '') as EmmettTask;
const installed = createRequire(path.join(path.resolve(task.folder), 'package.json'));
const name = '@event-driven-io/emmett-postgresql';
const { getPostgreSQLEventStore } = installed(name) as { getPostgreSQLEventStore: (url: string) => Store };
const { version } = installed(path.join(path.resolve(task.folder), 'node_modules', name, 'package.json')) as {
  version: string;
};

const events = Array.from({ length: task.events }, (_, nth): Event => {
  const { type, body } = observation(undefined, nth);
  return { type, data: JSON.parse(body) as unknown };
});
const store = getPostgreSQLEventStore(task.url);
await store.schema.migrate();
const began = performance.now();
for (let at = 0; at < events.length; at += task.batch)
  await store.appendToStream(`stream-${at}`, events.slice(at, at + task.batch));
const perSecond = events.length / ((performance.now() - began) / 1_000);
const smallMs: number[] = [];
for (let nth = 0; nth < task.small; nth += 1) {
  const from = performance.now();
  await store.appendToStream(`small-${nth}`, events.slice(0, 10));
  smallMs.push(performance.now() - from);
}
await store.close();
process.send?.({ version, perSecond, smallMs } satisfies EmmettWent);
process.once('disconnect', () => process.exit());
