import { pods } from '#libs/kubernetes';
import type { IsReadSpec, KubernetesObject, Slice } from '#libs/kubernetes';
import type { Ahead } from './ahead.js';
import { HeldProbes } from './held-probes.js';
import type { LogTails } from './log-tails/index.js';
import type { Owners } from './owners.js';
import { farewell, observe, podGone, podObserved, reducePod, subjectStream } from './reducing/index.js';
import type { Draft, KnownParts, Masking, Source } from './reducing/index.js';
import type { Absence, MakeDrafts, Watched } from './watched.js';

/** What watching pods needs. */
export type PodsNeeds = Readonly<{
  masking: Masking;
  known: KnownParts;
  owners: Owners;
  /** Told which pods are written beyond the position that held changes keep back. */
  ahead: Ahead;
  namespace: string | null;
  slice?: Slice | undefined;
  /** Where the logs of failed attempts are recorded. */
  tails?: Pick<LogTails, 'look' | 'forget'> | undefined;
}>;

/** Pods: every part that changed, as soon as it changed, except that probes alone are written once a minute. */
export class WatchedPods implements Watched {
  readonly resource = pods;
  readonly namespace: string | null;
  readonly slice: Slice | undefined;
  readonly known: KnownParts;
  readonly isReadSpec: IsReadSpec = (uid, fingerprint) => this.knownOf(uid)?.spec === fingerprint;
  private readonly held = new HeldProbes();
  private readonly knownOf = (uid: string) => this.known.get(subjectStream(uid));

  constructor(private readonly needs: PodsNeeds) {
    this.namespace = needs.namespace;
    this.slice = needs.slice;
    this.known = needs.known;
  }

  /** Owners that pods name for the first time. */
  before(objects: readonly KubernetesObject[], source: Source): Promise<MakeDrafts> {
    const unknown = objects.filter(({ metadata }) => !this.known.has(subjectStream(metadata.uid)));
    return this.needs.owners.look(unknown, source);
  }

  again(objects: readonly KubernetesObject[], source: Source): Promise<MakeDrafts> {
    return this.needs.owners.look(objects, source);
  }

  observed(object: KubernetesObject, source: Source, after: string | null): readonly Draft[] {
    const reduced = reducePod(object, this.needs.masking, this.knownOf);
    const pod = subjectStream(reduced.uid);
    const change = observe(this.known.get(pod), reduced);
    if (!change) {
      this.held.takenBack(pod);
      return [];
    }
    const { uid, name, namespace, resourceVersion } = reduced;
    const tailed = { stream: pod, uid, namespace: namespace ?? '', pod: name, resourceVersion };
    this.needs.tails?.look(tailed, change.parts);
    const coalesced = this.held.decide(pod, { reduced, change, source, after });
    if (coalesced === undefined) return [];
    this.known.set(pod, change.known);
    this.noteAhead(pod, resourceVersion);
    return [podObserved(source, reduced, change, coalesced)];
  }

  gone(object: KubernetesObject, source: Source): readonly Draft[] {
    const reduced = reducePod(object, this.needs.masking, this.knownOf);
    const pod = subjectStream(reduced.uid);
    const change = farewell(this.known.get(pod), reduced);
    this.forget(pod);
    this.noteAhead(pod, reduced.resourceVersion);
    return [podGone(source, reduced, change, { how: 'deleted', between: null, listResourceVersion: null })];
  }

  missing(pod: string, source: Source, { listResourceVersion, ...between }: Absence): readonly Draft[] {
    const change = farewell(this.known.get(pod), undefined);
    this.forget(pod);
    const subject = { uid: pod, resourceVersion: listResourceVersion };
    return [podGone(source, subject, change, { how: 'missing', between, listResourceVersion })];
  }

  forgotten(pod: string): void {
    this.held.forget(pod);
  }

  get nextDue(): number {
    return this.held.nextDue;
  }

  /** The position before the oldest change that is held; undefined when nothing is. */
  get heldBefore(): string | undefined {
    return this.held.before;
  }

  /** A position must not pass a change that is held and not written: after a kill it would be lost. */
  storable(seen: string): string {
    return this.held.before ?? seen;
  }

  /** What was held for long enough; with `all`, everything that is held. */
  due(now: number, all = false): readonly Draft[] {
    return this.held.due(now, all).map(({ reduced, change, source, coalesced }) => {
      const pod = subjectStream(reduced.uid);
      this.known.set(pod, change.known);
      this.noteAhead(pod, reduced.resourceVersion);
      return podObserved(source, reduced, change, coalesced);
    });
  }

  /** While nothing is held the position goes with what it completes. */
  private noteAhead(pod: string, resourceVersion: string): void {
    if (this.held.before !== undefined) this.needs.ahead.note(pod, resourceVersion);
  }

  private forget(pod: string): void {
    this.known.delete(pod);
    this.held.forget(pod);
    this.needs.tails?.forget(pod);
  }
}
