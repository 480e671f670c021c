/** Why a mutant that no spec notices is no rule without a test. */
type Reason = Readonly<{ file: string; kind: string; broken: string; why: string }>;

const dropped = '?? dropped';
const typesOnly = 'the types ask for it, the other side never comes: ';
const alike = 'null and undefined are read alike by what takes it';

const reasons: readonly Reason[] = [
  {
    file: 'derive/0-first-look.ts',
    kind: dropped,
    broken: 'history.unseen?.happening ?? null',
    why: `${alike}: tell() makes it null`,
  },
  {
    file: 'derive/3-cycle.ts',
    kind: dropped,
    broken: "found[i - 1]?.cause ?? cycle?.cause ?? 'unknown'",
    why: `${typesOnly}what is over has begun`,
  },
  {
    file: 'evolve/containers.ts',
    kind: dropped,
    broken: 'happening.at ?? happening.observedAt (2)',
    why: `${typesOnly}when a wait was written is always known, by sight at least`,
  },
  { file: 'derive/1-spec.ts', kind: dropped, broken: 'graceSeconds ?? 0', why: 'null counts as 0 in a product' },
  {
    file: 'derive/3-suspicion.ts',
    kind: dropped,
    broken: 'loss.lostAt ?? loss.readyAt',
    why: 'a loss that a moved stamp alone tells is of another second than every loss before it, or the stamp had not moved',
  },
  {
    file: 'derive/5-waiting.ts',
    kind: dropped,
    broken: "message ?? ''",
    why: 'null is read as a text that does not match',
  },
  {
    file: 'derive/6-completion.ts',
    kind: dropped,
    broken: 'lastPassed(history, sight.now, cycle.number)?.notBefore ?? null',
    why: alike,
  },
  {
    file: 'derive/6-skipped.ts',
    kind: '> to >=',
    broken: 'gap.position > cycle.position',
    why: 'no two observations have one position',
  },
  {
    file: 'derive/6-skipped.ts',
    kind: dropped,
    broken: 'known.missed[String(cycle.number)] ?? 0',
    why: 'undefined is not above 0 either',
  },
  { file: 'derive/7-ends.ts', kind: dropped, broken: 'attempt.end?.finishedAt ?? null', why: alike },
  {
    file: 'derive/7-ends.ts',
    kind: dropped,
    broken: "causes[category] ?? 'deleted'",
    why: `${typesOnly}every category of a disruption has a cause`,
  },
  {
    file: 'derive/8-order.ts',
    kind: '< to <=',
    broken: 'rank[happening.type] < rank.InitContainerStarted',
    why: 'the start of an init container has an index and does not come here',
  },
  {
    file: 'derive/8-order.ts',
    kind: dropped,
    broken: 'millis(one.at ?? one.observedAt) ?? 0',
    why: 'null counts as 0 in a difference',
  },
  {
    file: 'derive/booted.ts',
    kind: dropped,
    broken: 'millis(notBefore) ?? -Infinity',
    why: `${typesOnly}both times of a boot are the recorder's own`,
  },
  {
    file: 'derive/booted.ts',
    kind: dropped,
    broken: 'millis(at) ?? Infinity',
    why: `${typesOnly}both times of a boot are the recorder's own`,
  },
  {
    file: 'derive/booted.ts',
    kind: dropped,
    broken: 'millis(time) ?? -Infinity',
    why: 'null counts as 0 in a comparison, which is before any boot',
  },
  {
    file: 'derive/instances.ts',
    kind: dropped,
    broken: "ended.reason ?? ''",
    why: 'the text of a key that is only held against itself',
  },
  {
    file: 'derive/known-from-events.ts',
    kind: dropped,
    broken: 'context.podsListed?.resourceVersion ?? null',
    why: alike,
  },
  { file: 'derive/passed.ts', kind: dropped, broken: 'other ?? one', why: `${typesOnly}what is before a time is one` },
  {
    file: 'derive/rebooted.ts',
    kind: dropped,
    broken: 'millis(sight.receivedAt) ?? 0',
    why: `${typesOnly}the time of a look is the recorder's own`,
  },
  {
    file: 'derive/rebooted.ts',
    kind: dropped,
    broken: 'millis(cycle.observedAt) ?? 0',
    why: `${typesOnly}the time of a look is the recorder's own`,
  },
  {
    file: 'derive/recreated.ts',
    kind: dropped,
    broken: 'millis(loss.lostAt ?? loss.readyAt) ?? Number.NaN',
    why: 'a loss without any time counts as of 0, before every beginning; it is taken only where that is not known either',
  },
  {
    file: 'derive/recreated.ts',
    kind: dropped,
    broken: 'millis(from) ?? -Infinity',
    why: 'null counts as 0 in a comparison, which is before any loss',
  },
  {
    file: 'derive/recreated.ts',
    kind: dropped,
    broken: 'provenBefore ?? cycle.startedAt',
    why: 'a cycle that begins drops the losses before it, so none is left that is older than its beginning',
  },
  {
    file: 'derive/recreated.ts',
    kind: dropped,
    broken: 'loss?.suspicion ?? null',
    why: `${alike}: tell() makes it null`,
  },
  {
    file: 'derive/reruns.ts',
    kind: dropped,
    broken: 'millis(loss.readyAt) ?? Number.NaN',
    why: `${typesOnly}a loss without a time of its own is told in one look with the sandbox after it, whose time it then has`,
  },
  {
    file: 'derive/sandbox-reread.ts',
    kind: dropped,
    broken: 'cycle?.number ?? cycleNumber(history)',
    why: 'tell() takes the newest cycle, too, where none is named',
  },
  {
    file: 'derive/sandbox-reread.ts',
    kind: dropped,
    broken: "kubeletVersion ?? ''",
    why: 'null is read as a text that does not match',
  },
  {
    file: 'derive/tell.ts',
    kind: '- to +',
    broken: 'a - b',
    why: 'what a step gives as evidence is in order, and the look comes after it; sorted all the same, for whoever adds a step',
  },
  {
    file: 'derive/told-instances.ts',
    kind: dropped,
    broken: 'attempt.end?.happening ?? null',
    why: `${alike}: tell() makes it null`,
  },
  {
    file: 'evolve/containers.ts',
    kind: dropped,
    broken: "happening.container ?? ''",
    why: `${typesOnly}an init container has a name`,
  },
  {
    file: 'evolve/cycles.ts',
    kind: dropped,
    broken: "happening.container ?? ''",
    why: `${typesOnly}an app container has a name`,
  },
  {
    file: 'evolve/cycles.ts',
    kind: dropped,
    broken: 'ready?.includesPull ?? false',
    why: `${typesOnly}with the time of a sandbox stands its reading`,
  },
  {
    file: 'evolve/cycles.ts',
    kind: 'false to true',
    broken: 'false',
    why: `${typesOnly}with the time of a sandbox stands its reading`,
  },
  {
    file: 'evolve/events.ts',
    kind: dropped,
    broken: 'happening.evidence.at(-1) ?? 0',
    why: `${typesOnly}the look itself is evidence`,
  },
  {
    file: 'evolve/of.ts',
    kind: dropped,
    broken: 'happening.evidence.at(-1) ?? 0',
    why: `${typesOnly}the look itself is evidence`,
  },
];

const nameOf = ({ file, kind, broken }: Reason): string => [file, kind, broken].join('\t');

const byName = new Map(reasons.map((reason) => [nameOf(reason), reason.why]));

export const reasonOf = (name: string): string | undefined => byName.get(name);

/** Names of mutants of these files that have a reason and do not survive. */
export const staleReasons = (files: ReadonlySet<string>, survivors: ReadonlySet<string>): readonly string[] =>
  reasons
    .filter(({ file }) => files.has(file))
    .map(nameOf)
    .filter((name) => !survivors.has(name));
