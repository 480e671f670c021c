/** Holds the log against the cluster's own account: nothing lost, nothing twice, nothing invented, every gap declared. */
import { lay } from '../../libs/recording/src/reducing/known.js';
import { readParts } from '../../libs/recording/src/reducing/read-parts.js';
import type { Known } from '../../libs/recording/src/reducing/reduced.js';
import { subjectStream } from '../../libs/recording/src/reducing/identity.js';
import { stateOf, watched, type Account, type Life, type WatchedResource, type Write } from './account.js';
import { firstListOf, gapsIn, type Gap, type Observed } from './log.js';
import type { Judgement } from './verdict.js';

export type StoreCase = Readonly<{
  account: Account;
  observations: readonly Observed[];
  /** The resourceVersion up to which every watch had come. */
  until: number;
  /** The resourceVersions before which the API server said 410 at some time. */
  expiries: readonly number[];
  /** What is accounted for; all that is watched unless told. */
  resources?: readonly WatchedResource[];
  /** Whether the recorder's clock was never moved: only then do the times of gaps mean anything. */
  trueClock: boolean;
}>;

type Seen = Readonly<{ observed: Observed; revision: number | null; state: string; changed: boolean }>;
type Lives = ReadonlyMap<string, Seen[]>;

const resourceOf: Readonly<Record<string, WatchedResource>> = {
  PodObserved: 'pods',
  PodGone: 'pods',
  KubeEventObserved: 'events',
  NodeObserved: 'nodes',
  NamespaceObserved: 'namespaces',
};

export function judgeStore(given: StoreCase): Judgement {
  const { account, observations, resources = watched } = given;
  const gaps = gapsIn(observations).filter(({ resource }) => resources.includes(resource));
  const seen = Object.fromEntries(watched.map((one) => [one, seenOf(observations, one)])) as Record<
    WatchedResource,
    Lives
  >;
  const untruths = [...twice(observations), ...forked(observations), ...gaps.flatMap((gap) => unfounded(gap, given))];
  const compared = { observations: observations.length, writes: 0, gaps: gaps.length, missedInGaps: 0 };
  for (const resource of resources) {
    const span = { gaps: gaps.filter((gap) => gap.resource === resource), opened: firstListOf(observations, resource) };
    if (!Number.isFinite(span.opened)) untruths.push(`${resource}: no list was ever complete`);
    for (const [stream, its] of seen[resource])
      untruths.push(...invented(resource, its, account.life(resource, stream)));
    for (const life of account.livesOf(resource)) {
      const its = seen[resource].get(life.stream) ?? [];
      compared.writes += life.writes.length;
      const { lost, missed, untimely } = lostOf(life, its, { ...span, ...given });
      compared.missedInGaps += missed;
      untruths.push(...lost, ...untimely, ...ends(life, its, given.until));
    }
  }
  return { untruths, compared };
}

/** What was recorded of each object of a kind, folded. */
function seenOf(observations: readonly Observed[], resource: WatchedResource): Lives {
  const lives = new Map<string, Seen[]>();
  const known = new Map<string, Known>();
  for (const observed of observations) {
    if (resourceOf[observed.type] !== resource) continue;
    const { body, text } = observed;
    const event = body['event'] as Readonly<{ uid: string }> | undefined;
    const stream = event ? subjectStream(event.uid) : observed.streamId;
    const { parts, writes } = readParts(text);
    const before = known.get(stream);
    const after = parts.size > 0 || !before ? lay(before, parts, writes) : before;
    known.set(stream, after);
    const revision = body['resourceVersion'] === null ? null : Number(body['resourceVersion']);
    const changed = !before || stateOf(before) !== stateOf(after);
    const its = lives.get(stream) ?? [];
    lives.set(stream, its);
    its.push({ observed, revision, state: stateOf(after), changed });
  }
  return lives;
}

function twice(observations: readonly Observed[]): string[] {
  const ids = new Set<string>();
  return observations.flatMap(({ eventId, position, type }) => {
    const again = ids.has(eventId);
    ids.add(eventId);
    return again ? [`${type} at ${position} has an id that was there before`] : [];
  });
}

const forked = (observations: readonly Observed[]): string[] =>
  observations
    .filter(({ type }) => type === 'HistoryForked' || type === 'ReducerChanged')
    .map(({ type, position }) => `${type} at ${position}: that never was`);

/** A gap is declared where a position was lost, and nowhere else. */
function unfounded(gap: Gap, { expiries }: StoreCase): string[] {
  const isFounded = expiries.some((expiry) => gap.from < expiry && expiry <= gap.to);
  return isFounded
    ? []
    : [`${gap.resource}: the gap from ${gap.from} to ${gap.to} (${gap.cause}) at ${gap.position} has no reason`];
}

/** Observations that are of no write, not of its state, in another order, or the second ones of it. */
function invented(resource: WatchedResource, seen: readonly Seen[], life: Life | undefined): string[] {
  if (!life) return [`${resource} ${seen[0]?.observed.streamId}: there never was such an object`];
  const writes = new Map(life.writes.map((write) => [write.revision, write]));
  let last = 0;
  return seen.flatMap(({ observed, revision, state, changed }) => {
    const at = `${resource} ${life.name} at ${observed.position} (resourceVersion ${revision}, ${String(observed.body['via'])})`;
    const isEnd = isEndOf(observed);
    if (revision === null || (isEnd && observed.body['via'] === 'relist'))
      return isEnd ? [] : [`${at}: no resourceVersion`];
    const write = writes.get(revision);
    const found: string[] = [];
    if (!write) return [`${at}: there was no such write`];
    if (write.state !== state) found.push(`${at}: ${difference(write.state, state)}`);
    if (isEnd !== (write.type === 'DELETED')) found.push(`${at}: told as ${observed.type}, was ${write.type}`);
    if (!changed && !isEnd) found.push(`${at}: says nothing new`);
    if (revision <= last) found.push(`${at}: comes after resourceVersion ${last}`);
    last = Math.max(last, revision);
    return found;
  });
}

function difference(truth: string, told: string): string {
  const [names = '', now = ''] = truth.split(' ');
  const [toldNames = '', then = ''] = told.split(' ');
  if (names !== toldNames) return `its parts are ${names}, told ${toldNames}`;
  const [bytes, toldBytes] = [now, then].map((text) => Buffer.from(text, 'base64'));
  const wrong = names
    .split(',')
    .filter((_, at) => !bytes!.subarray(at * 8, at * 8 + 8).equals(toldBytes!.subarray(at * 8, at * 8 + 8)));
  return `told otherwise in ${wrong.join()}`;
}

const isEndOf = ({ type, body }: Observed): boolean => type === 'PodGone' || body['gone'] === true;

type Span = StoreCase & Readonly<{ gaps: readonly Gap[]; opened: number }>;

/** Writes that were revealed and are not recorded. */
function lostOf(
  life: Life,
  seen: readonly Seen[],
  { gaps, opened, until, trueClock }: Span,
): Readonly<{ lost: string[]; missed: number; untimely: string[] }> {
  const told = new Set(seen.map(({ revision }) => revision));
  const [lost, untimely]: [string[], string[]] = [[], []];
  let missed = 0;
  for (const write of life.writes) {
    if (write.revision <= opened || write.revision > until || told.has(write.revision) || !isWanted(life, write))
      continue;
    const gap = gaps.find(({ from, to }) => from < write.revision && write.revision <= to);
    if (!gap) {
      lost.push(
        `${life.resource} ${life.name}: ${write.type} at resourceVersion ${write.revision} is lost (${write.change})`,
      );
      continue;
    }
    missed += 1;
    if (trueClock && (write.at < gap.fromAt - clockSlackMs || write.at > gap.toAt + clockSlackMs))
      untimely.push(
        `${life.resource} ${life.name}: the write at resourceVersion ${write.revision} fell at ${iso(write.at)} into a gap that is told from ${iso(gap.fromAt)} to ${iso(gap.toAt)}`,
      );
  }
  return { lost, missed, untimely };
}

const clockSlackMs = 1_500;
const iso = (at: number): string => new Date(at).toISOString();

/** Changes of probes alone are held back, and may be taken back; that an Event expired is not recorded. */
function isWanted({ resource }: Life, { type, change }: Write): boolean {
  if (type === 'DELETED') return resource !== 'events';
  return change === 'parts';
}

/** What is so in the end: who lives is known as it is, who has gone is known as gone. */
function ends(life: Life, seen: readonly Seen[], until: number): string[] {
  const last = life.writes.findLast(({ revision }) => revision <= until);
  const told = seen.findLast(({ revision }) => revision === null || revision <= until);
  const later = life.writes.some(({ revision }) => revision > until);
  if (!last || later || life.resource === 'events') return [];
  const what = `${life.resource} ${life.name}`;
  if (last.type === 'DELETED')
    return told && !isEndOf(told.observed) ? [`${what}: has gone, and is not told as gone`] : [];
  if (!told) return [`${what}: lives, and is not known`];
  if (isEndOf(told.observed)) return [`${what}: lives, and is told as gone`];
  return told.state === last.state ? [] : [`${what}: in the end ${difference(last.state, told.state)}`];
}
