import { Injectable } from '@nestjs/common';
import { AuditError } from '#libs/platform';
import type { Viewer } from '#libs/access';
import { placeOf, placeToken, type Place } from '../asking/cursor.js';
import { parseTime, toTime } from '../asking/times.js';
import type { Frozen, Gap, Meta } from '../shapes/common.js';
import { wrongParameter } from '../shapes/wrong-parameter.js';
import { allShards, horizonsOf, positionAt, progressOf } from './catalogue.js';
import { gapsTouching } from './gaps.js';
import { latestNow, recordedTimes } from './present.js';
import { isBeyond, isExpired, isTold, lagSeconds, newestPlace, type FrozenSpan, type Horizon } from './place.js';
import type { Reading, Span, Viewpoint } from './reading.js';
import { ReportsDatabase, type Snapshot } from './reports-database.js';
import { ReportsSource } from './reports-source.js';
import { shardsFor } from './shards.js';

export type { Reading, Span, Viewpoint } from './reading.js';

/** For how long an answer is held back for positions that are not told yet. */
const patienceMs = 2_000;
const pauseMs = 50;

/** Opens looks at the read models, each as of one place, and says of each answer what it stands on. */
@Injectable()
export class ReportReader {
  constructor(
    private readonly database: ReportsDatabase,
    private readonly source: ReportsSource,
  ) {}

  /**
   * Reads as of the place that `viewpoint` (or the page before, by `pinned`) names.
   *
   * @throws AuditError `query-invalid`, `history-expired` below the horizon, `position-ahead` where the read models do not
   *   come up to the place within two seconds
   */
  async read<T>(
    viewer: Viewer,
    viewpoint: Viewpoint,
    tell: (reading: Reading) => Promise<T>,
    pinned?: Place,
  ): Promise<T> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const answer = await this.database.snapshot(async (snapshot) => {
        const reading = await this.open(snapshot, viewer, viewpoint, pinned);
        return reading && { told: await tell(reading) };
      });
      if (answer) return answer.told;
      if (performance.now() >= deadline) throw ahead();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** The place an answer would be given as of now, and nothing else: what an ETag is made of. */
  placeNow(viewer: Viewer, viewpoint: Viewpoint): Promise<Place> {
    return this.read(viewer, viewpoint, ({ place }) => Promise.resolve(place));
  }

  private async open(
    snapshot: Snapshot,
    viewer: Viewer,
    viewpoint: Viewpoint,
    pinned?: Place,
  ): Promise<Reading | undefined> {
    const now = Date.now();
    const shards = shardsFor(viewer, await allShards(snapshot), this.source.chosen);
    const shardIds = shards.map(({ shardId }) => shardId);
    const progress = await progressOf(snapshot, shardIds);
    const horizons = await horizonsOf(snapshot, shardIds);

    const newest = newestPlace(progress, now);
    const asked = pinned ?? (await this.placeAsked(snapshot, viewpoint, newest));
    const least = viewpoint.minPosition === undefined ? undefined : placeGiven('minPosition', viewpoint.minPosition);
    if (isBeyond(progress, asked)) throw wrongParameter('asOf', 'names a position that was never recorded');
    if (least && isBeyond(progress, least))
      throw wrongParameter('minPosition', 'names a position that was never recorded');
    if (!isTold(progress, asked) || (least && !isTold(progress, least))) return undefined;
    if (asked !== newest && isExpired(horizons, asked)) throw expired(horizons);
    const recorded = { ...(await recordedTimes(snapshot, { shards, progress }, asked)), ...asked.recorded };
    const place = Object.keys(recorded).length === 0 ? asked : { ...asked, recorded };
    const asOf = latestNow(place, shards);

    return {
      snapshot,
      log: snapshot.log,
      viewer,
      shards,
      place,
      asOf,
      at: atGiven(viewpoint, asOf),
      live: asked === newest,
      rules: progress.find(({ rules }) => rules !== null)?.rules ?? '',
      progress,
      horizons,
    };
  }

  private async placeAsked(snapshot: Snapshot, viewpoint: Viewpoint, newest: Place): Promise<Place> {
    if (viewpoint.asOf === undefined) return newest;
    const time = parseTime(viewpoint.asOf, newest.asOf);
    if (time === undefined) return placeGiven('asOf', viewpoint.asOf);
    if (time >= newest.asOf) return newest;

    const positions: Record<string, number> = {};
    for (const shardId of Object.keys(newest.positions)) {
      positions[shardId] = await positionAt(snapshot, Number(shardId), time);
    }
    return { positions, asOf: time };
  }
}

/** What an answer stands on: its `meta`. */
export async function metaOf(
  reading: Reading,
  span: Span = { from: null, to: null },
  withheld: Meta['withheld'] = [],
): Promise<Meta> {
  const gaps: Gap[] = await gapsTouching(reading, span);
  const lag = lagSeconds(reading.progress, Date.now());
  const rightsMissing = reading.shards.some(({ unknowns }) => unknowns.length > 0);
  const first = Math.min(...reading.horizons.map(({ recordedAt }) => recordedAt));
  return {
    position: placeToken(reading.place),
    asOf: toTime(reading.place.asOf),
    at: reading.at === null ? null : toTime(reading.at),
    rules: reading.rules,
    source: reading.shards[0]?.source ?? 'none',
    projectionLagSeconds: Math.round(lag * 1000) / 1000,
    historyFrom: Number.isFinite(first) ? toTime(first) : null,
    frozen: frozenOf(reading),
    gaps,
    complete: gaps.length === 0 && lag < 5 && !rightsMissing && withheld.length === 0,
    withheld,
  };
}

/** Of the shards that are read, what is told of observations that were dropped; spans of the same rules are one. */
function frozenOf({ horizons, shards }: Reading): Frozen[] {
  return horizons.flatMap(({ shardId, frozen }) => {
    const cluster = shards.find((shard) => shard.shardId === shardId)?.cluster ?? '';
    const joined: FrozenSpan[] = [];
    for (const span of frozen) {
      const last = joined.at(-1);
      if (last?.rules === span.rules && last.to === span.from) joined[joined.length - 1] = { ...last, to: span.to };
      else joined.push(span);
    }
    return joined.map(({ from, to, rules }) => ({
      cluster,
      from: `${shardId}:${from}`,
      to: `${shardId}:${to}`,
      rules,
    }));
  });
}

function placeGiven(parameter: string, token: string): Place {
  const place = placeOf(token);
  if (!place) throw wrongParameter(parameter, 'is neither a meta.position of ours nor a time');
  return place;
}

function atGiven({ asOf, at }: Viewpoint, now: number): number | null {
  if (at === undefined) return null;
  if (asOf !== undefined) throw wrongParameter('at', 'cannot be given together with asOf');
  const time = parseTime(at, now);
  if (time === undefined) throw wrongParameter('at', 'is not a time');
  return Math.min(time, now);
}

const ahead = (): AuditError =>
  new AuditError('position-ahead', 'The read models do not tell that position yet', {
    remedy: 'Ask again in a second',
    details: { retryAfterSeconds: 1 },
  });

function expired(horizons: readonly Horizon[]): AuditError {
  const historyFrom = toTime(Math.min(...horizons.map(({ recordedAt }) => recordedAt)));
  return new AuditError('history-expired', `History is kept from ${historyFrom}`, { details: { historyFrom } });
}
