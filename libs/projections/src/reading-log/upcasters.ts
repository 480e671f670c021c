/** Brings bodies that older recorders wrote to the shape that observations have now. The log stays as it is: it is done at each reading. Pure. */
import { schemaVersions } from '#libs/init-history';

type Body = Readonly<Record<string, unknown>>;

/** Brings a body from one version to the next. It may take nothing for granted but what recorders of that version wrote. */
export type Upcaster = (body: Body) => Body;

/** As many steps as lie below a version: none below 1, one below 2. */
type StepsTo<Version extends number, Steps extends readonly Upcaster[] = readonly []> = [
  ...Steps,
  Upcaster,
]['length'] extends Version
  ? Steps
  : StepsTo<Version, readonly [...Steps, Upcaster]>;

/** For every type the steps from version 1 to the one that recorders write now: a version that rises without its step does not compile. */
export type Upcasters<Versions extends Readonly<Record<string, number>>> = {
  readonly [Type in keyof Versions]: StepsTo<Versions[Type]>;
};

/** The steps there are. */
export const upcasters: Upcasters<typeof schemaVersions> = {
  PodObserved: [],
  PodGone: [],
  KubeEventObserved: [],
  NodeObserved: [],
  OwnerObserved: [],
  NamespaceObserved: [],
  InitLogCaptured: [],
  WatchOpened: [],
  ObservationGap: [],
  HistoryForked: [],
  ReducerChanged: [],
};

/** An event that only a newer version of this program can read. It is no poison: the log waits at it until that version runs. */
export class NewerEvent extends Error {}

/**
 * `body`, which was stored as `version` of `type`, in the shape that this type has now.
 *
 * @throws NewerEvent for a type or a version that came after this program
 * @throws TypeError for a version that no recorder writes
 */
export function upcast(
  body: Body,
  { type, version }: Readonly<{ type: string; version: number }>,
  steps: Readonly<Record<string, readonly Upcaster[]>> = upcasters,
): Body {
  assertReadable({ type, version }, steps);
  return (steps[type] ?? []).slice(version - 1).reduce((read, step) => step(read), body);
}

function assertReadable(
  { type, version }: Readonly<{ type: string; version: number }>,
  steps: Readonly<Record<string, readonly Upcaster[]>>,
): void {
  if (!Object.hasOwn(steps, type)) {
    throw new NewerEvent(`a newer recorder wrote events of type ${type}, which this version does not know: ${remedy}`);
  }
  const newest = (steps[type]?.length ?? 0) + 1;
  if (version > newest) {
    throw new NewerEvent(
      `a newer recorder wrote ${type} version ${version}, and this version reads up to ${newest}: ${remedy}`,
    );
  }
  if (!Number.isInteger(version) || version < 1) throw new TypeError(`${type} has no version ${version}`);
}

const remedy = 'upgrade the projectors and APIs to its version; nothing is lost meanwhile';
