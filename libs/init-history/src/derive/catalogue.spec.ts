/**
 * The catalogue (semantics 8.1): of every kind of happening all that it says, with its id, as small lives have them told. It stands
 * in `catalogue.told.txt`, which is written from it: whether that is right says who reads its changes. Who keeps an id finds the happening under it again: an id changes with `RULES` alone.
 */
import { describe, expect, it } from 'vitest';
import type { Happening, HappeningType } from '../happenings.js';
import { everyHappening, type Scene } from '../testing/index.js';

/**
 * Life by life and look by look, each happening on a line: its kind, and what it says beyond what is said of the look. Those that
 * stand above, word for word, are counted.
 */
function catalogue(): string {
  const shown = new Set<string>();

  const lineOf = ({
    type,
    rules: _same,
    observedAt: _of,
    via: _its,
    gap: _look,
    evidence,
    ...facts
  }: Happening): string =>
    `${type} ${JSON.stringify(evidence.length > 1 ? { ...facts, before: evidence.slice(0, -1) } : facts)}`;

  const lookOf = (happenings: readonly Happening[]): readonly string[] => {
    const [one] = happenings;
    const lines = happenings.map(lineOf);
    const fresh = lines.filter((line) => !shown.has(line));
    for (const line of fresh) shown.add(line);
    const known = lines.length - fresh.length;
    const header = `${one?.evidence.at(-1)} at ${one?.observedAt} ${one?.via}${one?.gap === null ? '' : `, after gap ${one?.gap}`}`;
    return [`${header}${known > 0 ? `: ${known} as above` : ''}`, ...fresh.map((line) => `  ${line}`)];
  };

  const lifeOf = (title: string, { happenings }: Scene): string => {
    const looks = Map.groupBy(happenings, (one) => `${one.evidence.at(-1)}|${one.observedAt}|${one.via}|${one.gap}`);
    return [`# ${title}`, ...[...looks.values()].flatMap(lookOf), ''].join('\n');
  };

  const text = everyHappening.map(([title, play]) => lifeOf(title, play())).join('\n');
  return text.replaceAll('2026-11-21T', '');
}

/** The compiler asks for the one that is missing. */
const every: Readonly<Record<HappeningType, true>> = {
  PodFirstObserved: true,
  PodKnownFromEvents: true,
  PodSeenAgain: true,
  ObservationGap: true,
  SchedulingBlocked: true,
  PodScheduled: true,
  PodAcceptedByNode: true,
  PodRejectedByNode: true,
  ConditionChanged: true,
  SandboxLost: true,
  SandboxReady: true,
  ReinitializationSuspected: true,
  InitContainerOutcomeUnknown: true,
  InitContainerSpecChanged: true,
  InitializationStarted: true,
  RestartCounterReset: true,
  InitContainerAttemptsMissed: true,
  InitContainerStarted: true,
  SidecarReplaced: true,
  SidecarStarted: true,
  InitContainerResized: true,
  InitContainerFinished: true,
  InitContainerWaiting: true,
  InitContainerBackoffEntered: true,
  InitContainerSkipped: true,
  InitializationCompleted: true,
  AppContainersStarted: true,
  DisruptionAnnounced: true,
  PodDeletionRequested: true,
  InitializationFailed: true,
  InitializationAborted: true,
  PodDeleted: true,
  ClusterEventRecorded: true,
};

describe('the catalogue of happenings', () => {
  it('is told whole as it stands in catalogue.told.txt', async () => {
    await expect(catalogue()).toMatchFileSnapshot('catalogue.told.txt');
  });

  it('shows every kind', () => {
    const shown = new Set(everyHappening.flatMap(([, play]) => play().happenings.map(({ type }) => type)));
    expect(Object.keys(every).filter((type) => !shown.has(type as HappeningType))).toEqual([]);
  });
});
