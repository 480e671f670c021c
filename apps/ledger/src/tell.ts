/** What `ledger` prints. Pure. */
import type {
  ArchiveHolding,
  archivesNoted,
  Erased,
  Hold,
  Imported,
  LogName,
  Looked,
  RowsTold,
  Verdict,
  Written,
} from '#libs/event-store';
import type { BrokenRow } from '#libs/platform';
import type { DerivedAnew } from '#libs/projections';

type Noted = Awaited<ReturnType<typeof archivesNoted>>[number];

/** A verified log. `trusted`: whether its keys were given, or are those that the database itself names. */
export type VerifiedLog = Verdict &
  Readonly<{ shard: number; cluster: string; log: LogName; origin: string; trusted: 'given' | 'database' }>;

export const toJson = (verified: VerifiedLog): string => `${JSON.stringify(verified)}\n`;

/** What a log holds, for people. */
export const nameOfLog = (log: LogName): string => (log === 'event' ? 'observations' : 'acts');

/** For people. */
export function toText(verified: VerifiedLog): string {
  const { shard, cluster, log, size, checkpoints, disagreements, trusted } = verified;
  const name = `${nameOfLog(log)} of ${cluster} (shard ${shard})`;
  const by =
    trusted === 'given'
      ? 'signed by the keys given'
      : 'by the keys that the database names: give --key to trust none of it';
  const first = verified.from;
  const events = first === 0 ? `${size} events` : `events ${first} to ${size - 1}, those before were dropped`;
  if (disagreements.length === 0) return `agrees     ${name}: ${events}, ${checkpoints} checkpoints, ${by}\n`;
  const lines = disagreements.map(
    ({ where, from, to, says }) => `           ${where}, ${positions(from, to)}: ${says}\n`,
  );
  return `DISAGREES  ${name}: ${events}, ${checkpoints} checkpoints\n${lines.join('')}`;
}

/** Rows of tables that are no log, for people. */
export const rowsToText = (rows: readonly BrokenRow[]): string =>
  rows
    .map(({ table, key, columns, says }) => {
      const names = Object.entries(key).map(([column, value]) => `${column} ${shown(value)}`);
      const unwritten =
        columns === null ? 'the service did not write it' : `the service did not write ${columns.join(', ')}`;
      const of = columns?.length ? `${columns.join(', ')}: ` : '';
      return `DISAGREES  table ${table}, ${names.join(', ')}: ${says === undefined ? unwritten : `${of}${says}`}\n`;
    })
    .join('');

const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

/** The same, one JSON object a row. */
export const rowsToJson = (rows: readonly BrokenRow[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** The read models of a shard, for people. */
export function derivedToText({
  shardId,
  position,
  rows,
  differing,
  erasedAt,
  passedOver,
  frozen,
}: DerivedAnew): string {
  const name = `read models of shard ${shardId}`;
  const untold = (frozen?.untold ?? []).map(
    (to) => `unknown    ${name}: what is frozen below ${to}: no act tells what it is yet\n`,
  );
  if (passedOver !== null && differing.length === 0)
    return `unknown    ${name}: they cannot be derived again, for ${passedOver}\n${untold.join('')}`;
  const but =
    erasedAt === undefined
      ? ''
      : `           bodies were erased (${erasedAt}), which leaves as they were known: the order of happenings within a position, how many pods lived in a gap, thresholds. They are compared again once --take-over again has built them anew\n`;
  const held = frozen ? `, and ${frozen.rows} that are frozen` : '';
  if (differing.length === 0)
    return `agrees     ${name}: ${rows} rows, derived anew up to position ${position}${held}\n${but}${untold.join('')}`;
  const lines = differing.map(({ table, key, what, columns }) => {
    const row = Object.entries(key).map(([column, value]) => `${column} ${value ?? 'null'}`);
    return `           ${table}, ${row.join(', ')}: ${differs[what](columns)}\n`;
  });
  const upTo =
    passedOver === null
      ? `${rows} rows, derived anew up to position ${position}`
      : `not derived again, for ${passedOver}`;
  return `DISAGREES  ${name}: ${upTo}\n${lines.join('')}${but}${untold.join('')}`;
}

const differs = {
  other: (columns: readonly string[]) =>
    `${columns.join(', ')} ${columns.length === 1 ? 'is' : 'are'} not what the log comes to`,
  missing: () => 'the row is missing',
  extra: () => 'nothing in the log tells of the row',
  changed: (columns: readonly string[]) =>
    `${columns.length > 0 ? columns.join(', ') : 'it'} is not as it was when it was frozen`,
  retold: () => 'another thing was told of it later, and nothing was erased in between',
} as const;

/** The same, as one JSON object. */
export const derivedToJson = (derived: DerivedAnew): string => `${JSON.stringify(derived)}\n`;

function positions(from: number, to: number): string {
  if (to - from === 1) return `position ${from}`;
  return to > from ? `positions ${from} to ${to - 1}` : `at position ${from}`;
}

const day = (time: string): string => time.slice(0, 10);

/** A week of observations, for people. */
export function toWeekText({ partition: { name, fromAt, toAt }, state, keptBecause, archives = [] }: Looked): string {
  const kept = keptBecause === null ? '' : `: kept, ${keptBecause}`;
  const archived = archives.map((digest) => `           archived, SHA-256 ${digest}\n`).join('');
  return `${state.padEnd(9)}  ${name}, ${day(fromAt)} to ${day(toAt)}${kept}\n${archived}`;
}

/** A hold, for people. */
export const toHoldText = ({ holdId, shardId, fromAt, toAt, reason, author, heldAt }: Hold): string =>
  `${holdId}  shard ${shardId}, ${fromAt} to ${toAt}, by ${author} since ${heldAt}: ${reason}\n`;

/** An archive that was written: as `sha256sum` prints it, and what it holds. */
export const toArchiveText = ({ file, digest, bytes, events }: Written): string =>
  `${digest}  ${file}  ${events} events, ${bytes} bytes\n`;

/** What was erased of a log, for people. `isNamed`: it is not the log that they named. */
export function toErasedText(log: LogName, erased: readonly Erased[], isNamed: boolean): string {
  const which = erased.map(({ position }) => position).join(', ');
  const of = log === 'act_event' ? 'acts' : 'observations';
  return `Erased ${erased.length} bodies${isNamed ? ` of ${of}` : ''}${which && `: ${which}`}.\n`;
}

/** What holds a text and stays, for people. */
export const toKeptText = (log: LogName, { position, type }: Readonly<{ position: number; type: string }>): string =>
  `Left: ${log === 'event' ? 'event' : 'act'} ${position} holds it too, and is a ${type}, which is not erased.\n`;

/** An archive that holds what was erased, for people. */
export const toArchivedText = ({ file, positions: held }: ArchiveHolding): string =>
  `Archive: ${file} holds it, in ${listed(held)}. Delete it, and its copies; an import leaves these bodies out.\n`;

/** An archive of which only the database tells, for people. */
export const toNotedText = ({ name, digest, isDropped, positions: held }: Noted): string =>
  isDropped
    ? `Archive: ${name} (SHA-256 ${digest}) may hold it: its week was dropped. --archive-folder looks into it.\n`
    : `Archive: ${name} (SHA-256 ${digest}) holds it, in ${listed(held)}. Delete it, and its copies; the next export is without.\n`;

const listed = (all: readonly number[]): string => `${all.length === 1 ? 'event' : 'events'} ${all.join(', ')}`;

/** Of how many pods all went that was told of dropped weeks, for people. */
export const toLostText = (pods: number): string =>
  `What was told of ${pods} of these pods before the oldest event that is left went as well, and counts no more: it may have said the same. Where only a text is to go, --containing leaves the rest.\n`;

/** What became of a text in what was told and no event says any more, for people. */
export function toToldText(became: 'erased' | 'left', rows: RowsTold): string {
  const where = Object.entries(rows).map(([table, count]) => `${count} of ${table}`);
  const which = `${where.join(', ')}, of which no event tells`;
  return became === 'erased'
    ? `Erased from rows: ${which}. They say erased~ and the position of the act in its place.\n`
    : `Left in rows: ${which}. It was told again meanwhile: erase it once more.\n`;
}

/** What became of an archive that was to be imported. */
export function toImportText(file: string, { header, outcome, events, erased, holdId }: Imported): string {
  const span = `events ${header.from} to ${header.to - 1} of shard ${header.shard.shardId}`;
  if (outcome === 'there') return `there      ${file}: ${span}, nothing was to be done\n`;
  const bodies = erased > 0 ? `, ${erased} without their bodies, which were erased` : '';
  return `imported   ${file}: ${events} of ${span}${bodies}; held by ${holdId}\n`;
}
