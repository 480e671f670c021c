import type { Happening, PodAccount } from '#libs/init-history';
import { causes } from './cause.js';
import { moment } from './moment.js';
import type { Cause, EventNote, Postmortem } from './postmortem.js';

/** Everything that a postmortem is made of. */
export type Material = Readonly<{
  id: string;
  cluster: string;
  shard: number;
  account: PodAccount;
  happenings: readonly Happening[];
  events: readonly EventNote[];
  asOf: Postmortem['asOf'];
}>;

/** Tells one pod's initialization. Pure: the same material gives the same document, today and in a year. */
export function compose(material: Material): Postmortem {
  const { account, happenings, shard } = material;
  const [cause = null, ...alternatives] = causes(account, material.events, shard);
  const first = account.cycles.at(0);
  const last = account.cycles.at(-1);
  return {
    id: material.id,
    pod: podOf(material),
    summary: summary(account, cause),
    state: account.state,
    status: account.status,
    startedAt: first?.startedAt ?? null,
    endedAt: last?.endedAt ?? null,
    duration: account.duration,
    initRestarts: account.initRestarts,
    cause,
    alternatives,
    // Events are annotations: they stand in a list of their own
    timeline: happenings.filter(({ type }) => type !== 'ClusterEventRecorded').map((one) => moment(one, shard)),
    cycles: account.cycles,
    findings: account.findings,
    events: material.events,
    gaps: account.gaps,
    openQuestions: openQuestions(account),
    asOf: material.asOf,
  };
}

function podOf({ account, cluster }: Material): Postmortem['pod'] {
  const { uid, namespace, name, workload, revision, node, kubeletVersion } = account;
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

const stateWords: Readonly<Record<PodAccount['state'], string>> = {
  pending: 'has not begun to initialize',
  initializing: 'is still initializing',
  initialized: 'initialized',
  failed: 'failed to initialize',
  aborted: 'was stopped before it had initialized',
  unknown: 'ended out of sight',
};

function summary(account: PodAccount, cause: Cause | null): string {
  const { seconds, lo, hi } = account.duration;
  const took = seconds !== null ? ` after ${seconds} s` : lo !== null && hi !== null ? ` after ${lo} to ${hi} s` : '';
  const retries = account.initRestarts > 0 ? `, with ${account.initRestarts} attempts beyond the first` : '';
  const why = cause ? ` ${cause.statement}.` : '';
  return `${account.namespace}/${account.name} ${stateWords[account.state]}${took}${retries}.${why}`;
}

/** What this record cannot answer, so that nobody reads silence as an answer. */
function openQuestions({ cycles, gaps, workload, initRestarts }: PodAccount): string[] {
  const containers = cycles.flatMap(({ number, initContainers }) => initContainers.map((one) => ({ ...one, number })));
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
    ...(gaps.length > 0 && initRestarts > 0 ? ['What happened in the gaps listed above?'] : []),
    ...(workload.resolved
      ? []
      : [`What owns ${workload.kind} ${workload.name}? The chain of owners could not be followed.`]),
  ];
}
