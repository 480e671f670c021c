import { phasesOfTime } from '#libs/init-history';
import { parseLabelSelector, type LabelRequirement } from '../asking/label-selector.js';
import { joined, sql, word, type Sql } from '../asking/sql.js';
import { parseDuration, parseTime } from '../asking/times.js';
import { presentIn } from '../reading/present.js';
import type { Reading } from '../reading/report-reader.js';
import { inForceOnce } from '../reading/handed-over.js';
import { inForce, moment, ofNamespacesSeen, wasShown } from '../reading/versions.js';
import { wrongParameter } from '../shapes/wrong-parameter.js';
import type { PodFilter } from './pod-filter.js';

/** The part of the filter that chooses pods, whatever the page. */
export type PodConditions = Omit<PodFilter, 'sort' | 'limit' | 'cursor' | 'asOf' | 'at' | 'minPosition'>;

/**
 * Which rows of `pod_init AS p` (the newest cycle of each pod) are asked for. Asked `at` a moment, what `c` (the cycle that
 * was the newest then) says is brought to that moment.
 */
export function podConditions(reading: Reading, filter: PodConditions): Sql {
  return joined(
    [
      inForceOnce(reading, 'p', filter.cluster),
      sql`p.newest`,
      ofNamespacesSeen(reading, sql`p.namespace_uid`),
      filter.initContainers === 'any' ? sql`true` : sql`(p.init_containers > 0 OR NOT ${wasShown})`,
      ...named(filter),
      ...standing(reading, filter),
      ...found(reading, filter),
      ...(filter.labelSelector ? labelled(filter.labelSelector) : []),
      ...overlapping(reading, filter),
    ],
    ' AND ',
  );
}

function named({ namespace, workload, node, container, image }: PodConditions): Sql[] {
  const conditions: Sql[] = [];
  if (namespace) conditions.push(sql`p.namespace = ANY(${namespace})`);
  if (workload)
    conditions.push(sql`(lower(p.workload_kind) || '/' || p.workload_name) = ANY(${workload.map(lowerKind)})`);
  if (node) conditions.push(sql`p.node = ANY(${node})`);
  if (container) conditions.push(sql`p.containers && ${container}::text[]`);
  if (image) {
    conditions.push(sql`EXISTS (
      SELECT FROM unnest(p.images) AS used, unnest(${image}::text[]) AS asked
      WHERE used = asked OR starts_with(used, asked || ':') OR starts_with(used, asked || '@'))`);
  }
  return conditions;
}

/** `deployment/api` is as good as `Deployment/api`; the name stays as it is. */
export function lowerKind(workload: string): string {
  const slash = workload.indexOf('/');
  return workload.slice(0, slash).toLowerCase() + workload.slice(slash);
}

/** Outcome, state and category of the cycle, as of the reading's `at` where there is one. */
export function standingNow(reading: Reading): Readonly<{ outcome: Sql; state: Sql; category: Sql }> {
  if (reading.at === null) return { outcome: sql`p.outcome`, state: sql`p.state`, category: sql`p.category` };
  const ended = sql`c.ended_at <= ${moment(reading.at)}`;
  return {
    outcome: sql`CASE WHEN ${ended} THEN c.outcome ELSE 'running' END`,
    state: sql`CASE WHEN NOT coalesce(${ended}, false)
                    THEN CASE WHEN c.started_at IS NULL THEN 'pending' ELSE 'initializing' END
                    WHEN c.outcome = 'completed' THEN 'initialized' ELSE c.outcome END`,
    category: sql`CASE WHEN ${ended} OR (c.ended_at IS NULL AND c.stuck_since <= ${moment(reading.at)}) THEN c.category END`,
  };
}

function standing(reading: Reading, { phase, outcome, category, minDuration, stuck }: PodConditions): Sql[] {
  const now = standingNow(reading);
  const conditions: Sql[] = [];
  if (phase) conditions.push(inPhase(reading, phase, now.state));
  if (outcome) conditions.push(sql`${now.outcome} = ANY(${outcome})`);
  if (category) conditions.push(sql`${now.category} = ANY(${category})`);
  if (minDuration !== undefined) conditions.push(sql`${lowest(reading)} >= ${parseDuration(minDuration) ?? 0}`);
  if (stuck !== undefined && reading.at !== null) {
    throw wrongParameter('stuck', 'cannot be asked with at, as a deadline depends on what was known then: use asOf');
  }
  if (stuck !== undefined) {
    conditions.push(sql`coalesce(p.deadline_at <= ${presentIn(reading, 'p')}, false) = ${stuck === 'true'}`);
  }
  return conditions;
}

/** What was found in it; asked `at` a moment, what has no time was so then too. */
function found(reading: Reading, { finding, waitsFor }: PodConditions): Sql[] {
  const conditions: Sql[] = [];
  if (waitsFor && reading.at !== null) throw wrongParameter('waitsFor', 'cannot be asked with at: use asOf');
  if (waitsFor) conditions.push(sql`p.waits_for = ANY(${waitsFor})`);
  if (finding) {
    conditions.push(sql`EXISTS (
      SELECT FROM finding AS f
      WHERE f.shard_id = p.shard_id AND f.pod_uid = p.pod_uid AND ${inForce(reading, 'f')} AND f.kind = ANY(${finding})
        AND ${reading.at === null ? sql`true` : sql`coalesce(f.at <= ${moment(reading.at)}, true)`})`);
  }
  return conditions;
}

const timePhases: ReadonlySet<string> = new Set(phasesOfTime);

function inPhase(reading: Reading, asked: readonly string[], state: Sql): Sql {
  const slices = asked.filter((phase) => timePhases.has(phase));
  if (slices.length > 0 && reading.at !== null)
    throw wrongParameter('phase', 'of time cannot be asked with at: use asOf');
  // A slice that had just begun when it was told has no length yet and is not there: an instance that runs says it.
  const runs = sql`jsonb_path_exists(p.doc::jsonb, '$.cycles[last].initContainers[*] ? (@.kind == "regular").attempts[*] ? (@.outcome == "running")')`;
  return sql`(${state} = ANY(${asked}) OR (p.outcome = 'running' AND CASE
    WHEN ${runs} THEN 'run' = ANY(${slices})
    ELSE EXISTS (
      SELECT FROM json_array_elements(p.doc::json->'cycles'->-1->'phases') AS slice
      WHERE slice->>'to' IS NULL AND slice->>'phase' = ANY(${slices}))
    END))`;
}

/** The lower bound of the duration, in seconds, running on to the reading's moment. */
function lowest(reading: Reading): Sql {
  const alias = reading.at === null ? 'p' : 'c';
  const until = presentIn(reading, alias);
  const cycle = word(alias);
  return sql`CASE WHEN ${cycle}.ended_at <= ${until} THEN ${cycle}.duration_lo
                  ELSE greatest(0, extract(epoch FROM ${until} - coalesce(${cycle}.started_at, ${cycle}.created_at)) - 1) END`;
}

function labelled(selector: string): Sql[] {
  const requirements = parseLabelSelector(selector);
  return 'problem' in requirements ? [] : requirements.map(labelCondition);
}

function labelCondition(requirement: LabelRequirement): Sql {
  const value = sql`(p.labels->>${requirement.key}::text)`;
  switch (requirement.operator) {
    case 'in':
      return sql`${value} = ANY(${requirement.values})`;
    case 'notIn':
      return sql`coalesce(${value} <> ALL(${requirement.values}), true)`;
    case 'exists':
      return sql`${value} IS NOT NULL`;
    case 'doesNotExist':
      return sql`${value} IS NULL`;
    case 'greaterThan':
      return sql`CASE WHEN ${value} ~ '^-?[0-9]+$' THEN ${value}::numeric > ${requirement.than} ELSE false END`;
    case 'lessThan':
      return sql`CASE WHEN ${value} ~ '^-?[0-9]+$' THEN ${value}::numeric < ${requirement.than} ELSE false END`;
  }
}

/** Pods one of whose cycles overlaps [from, to). */
function overlapping(reading: Reading, { from, to }: PodConditions): Sql[] {
  if (from === undefined && to === undefined) return [];
  const start = from === undefined ? undefined : parseTime(from, reading.asOf);
  const end = to === undefined ? undefined : parseTime(to, reading.asOf);
  return [
    sql`EXISTS (
      SELECT FROM pod_init AS o
      WHERE o.shard_id = p.shard_id AND o.pod_uid = p.pod_uid AND ${inForce(reading, 'o')}
        AND ${end === undefined ? sql`true` : sql`coalesce(o.started_at, o.created_at) < ${moment(end)}`}
        AND ${start === undefined ? sql`true` : sql`coalesce(o.ended_at, 'infinity') > ${moment(start)}`})`,
  ];
}
