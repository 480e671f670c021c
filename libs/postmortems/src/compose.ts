import type { Meta, PodDetail, Timeline } from '#libs/reports';
import { causes } from './cause.js';
import { moment } from './moment.js';
import type { Cause, Postmortem } from './postmortem.schema.js';

/** Everything that a postmortem is made of, read as of one place. */
export type Material = Readonly<{ id: string; pod: PodDetail; timeline: Timeline; meta: Meta }>;

/** Tells one pod's initialization. Pure: the same material gives the same document, today and in a year. */
export function compose({ id, pod, timeline, meta }: Material): Postmortem {
  const [cause = null, ...alternatives] = causes(pod, timeline.annotations);
  return {
    id,
    pod: podOf(pod),
    summary: summary(pod, cause),
    state: pod.state,
    status: pod.status,
    startedAt: pod.cycles.at(0)?.startedAt ?? null,
    endedAt: pod.cycles.at(-1)?.endedAt ?? null,
    duration: pod.duration,
    initRestarts: pod.initRestarts,
    cause,
    alternatives,
    // Events are annotations: they stand in a list of their own
    timeline: timeline.happenings.filter(({ type }) => type !== 'ClusterEventRecorded').map(moment),
    cycles: pod.cycles,
    findings: pod.findings,
    events: timeline.annotations,
    gaps: pod.gaps,
    openQuestions: openQuestions(pod),
    asOf: { position: meta.position, time: meta.asOf, rules: meta.rules, source: meta.source },
  };
}

function podOf({
  uid,
  cluster,
  namespace,
  name,
  workload,
  revision,
  node,
  kubeletVersion,
}: PodDetail): Postmortem['pod'] {
  return {
    uid,
    cluster,
    namespace,
    name,
    workload: `${workload.kind}/${workload.name}`,
    revision,
    node,
    kubeletVersion,
  };
}

const stateWords: Readonly<Record<PodDetail['state'], string>> = {
  pending: 'has not begun to initialize',
  initializing: 'is still initializing',
  initialized: 'initialized',
  failed: 'failed to initialize',
  aborted: 'was stopped before it had initialized',
  unknown: 'ended out of sight',
};

function summary({ namespace, name, state, duration, initRestarts }: PodDetail, cause: Cause | null): string {
  const { seconds, lo, hi } = duration;
  const span = lo !== null && hi !== null ? ` after ${lo} to ${hi} s` : '';
  const took = seconds === null ? span : ` after ${seconds} s`;
  const retries = initRestarts > 0 ? `, with ${initRestarts} attempts beyond the first` : '';
  const why = cause ? ` ${cause.statement}.` : '';
  return `${namespace}/${name} ${stateWords[state]}${took}${retries}.${why}`;
}

/** What this record cannot answer, so that nobody reads silence as an answer. */
function openQuestions({ cycles, gaps, workload }: PodDetail): string[] {
  const containers = cycles.flatMap(({ initContainers }) => initContainers);
  const missed = containers.filter(({ missedAttempts }) => missedAttempts > 0);
  const unknown = containers.flatMap(({ name, attempts }) =>
    attempts.filter(({ outcome }) => outcome === 'unknown').map(({ number }) => ({ name, number })),
  );
  return [
    ...missed.map(
      ({ name, missedAttempts }) => `How did the ${missedAttempts} attempts of ${name} end that no frame showed?`,
    ),
    ...unknown.map(
      ({ name, number }) => `How did attempt ${number} of ${name} end? Its status was replaced before it was told.`,
    ),
    ...(gaps.length > 0 ? ['What happened while nobody could see?'] : []),
    ...(workload.resolved
      ? []
      : [`What owns ${workload.kind} ${workload.name}? The chain of owners could not be followed.`]),
  ];
}
