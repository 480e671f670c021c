import { parseJson } from '#libs/kubernetes';
import {
  decideProbes,
  farewell,
  flushProbes,
  kubeEventObserved,
  KnownParts,
  Masking,
  observe,
  podGone,
  podObserved,
  reduceEvent,
  reducePod,
  type Change,
  type Draft,
  type JsonObject,
  type ProbeState,
  type Reduced,
  type Source,
} from '../../libs/recording/src/reducing/index.js';
import type { Line } from '../recordings/reader.js';

/** The masking of all corpus tests. */
export const masking = new Masking({ key: 'a key for tests', commands: 'masked' });

/** A pod as a frame or a list item showed it, and what was written of it. */
export type Look = Readonly<{ raw: JsonObject; reduced: Reduced; draft: Draft | undefined }>;

type Held = Readonly<{ source: Source; reduced: Reduced; change: Change; state: ProbeState }>;

/** Records the lines of one watch as the recorder does, without a database: the same reducer, comparison and builders. */
export class CorpusRecorder {
  readonly drafts: Draft[] = [];
  readonly looks: Look[] = [];
  private readonly pods = new KnownParts();
  private readonly events = new KnownParts();
  private readonly probes = new Map<string, ProbeState>();
  private readonly held = new Map<string, Held>();
  /** A uid is never used again: what comes of one that is gone came before. */
  private readonly gone = new Set<string>();
  private listed = false;

  /** @param holdsProbes whether changes of probes alone are held to one a minute, as in operation */
  constructor(private readonly holdsProbes: boolean) {}

  record(lines: readonly Line[]): this {
    for (const line of lines) {
      this.flush(Date.parse(line.receivedAt));
      if (line.resource === 'pods') this.podLine(line);
      if (line.resource === 'events') this.eventLine(line);
    }
    this.flush(Number.POSITIVE_INFINITY);
    return this;
  }

  private podLine(line: Line): void {
    if ('list' in line) this.podList(line.list, line.receivedAt);
    if (!('frame' in line)) return;
    const { type, object } = parsed(line.frame);
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.goneBy(object, sourceAt(line.receivedAt));
    else this.look(object, sourceAt(line.receivedAt));
  }

  private podList(text: string, receivedAt: string): void {
    const list = parseJson(text) as { items: JsonObject[]; metadata: { resourceVersion: string } };
    const source = { ...sourceAt(receivedAt), via: this.listed ? 'relist' : 'initialList' } as const;
    this.listed = true;
    const uids = new Set(list.items.map((item) => this.look(item, source)));
    for (const uid of [...this.pods.uids()].filter((known) => !uids.has(known))) {
      const going = { how: 'missing', between: { lastSeen: receivedAt, foundMissing: receivedAt } } as const;
      const listResourceVersion = list.metadata.resourceVersion;
      const change = farewell(this.pods.get(uid), undefined);
      this.write(podGone(source, { uid, resourceVersion: '' }, change, { ...going, listResourceVersion }));
      this.pods.delete(uid);
      this.gone.add(uid);
    }
  }

  private look(raw: JsonObject, source: Source): string {
    const reduced = reducePod(raw, masking);
    if (this.gone.has(reduced.uid)) return reduced.uid;
    const change = observe(this.pods.get(reduced.uid), reduced);
    const draft = change && this.decide(source, reduced, change);
    this.looks.push({ raw, reduced, draft });
    return reduced.uid;
  }

  private decide(source: Source, reduced: Reduced, change: Change): Draft | undefined {
    if (!this.holdsProbes) return this.writePod(source, reduced, change, 0);
    const decision = decideProbes(this.probes.get(reduced.uid), change, reduced, Date.parse(source.receivedAt));
    if (decision.state) this.probes.set(reduced.uid, decision.state);
    else this.probes.delete(reduced.uid);
    if (decision.action === 'hold' && decision.state) {
      this.held.set(reduced.uid, { source, reduced, change, state: decision.state });
      return undefined;
    }
    return this.writePod(source, reduced, change, decision.coalesced);
  }

  private flush(now: number): void {
    for (const [uid, { source, reduced, change, state }] of this.held) {
      if (now < state.writtenAt + 60_000) continue;
      const flushed = flushProbes(state, Math.min(now, state.writtenAt + 60_000));
      this.probes.set(uid, flushed.state);
      this.writePod(source, reduced, change, flushed.coalesced);
    }
  }

  private writePod(source: Source, reduced: Reduced, change: Change, coalesced: number): Draft {
    this.pods.set(reduced.uid, change.known);
    this.held.delete(reduced.uid);
    return this.write(podObserved(source, reduced, change, coalesced));
  }

  private goneBy(raw: JsonObject, source: Source): void {
    const reduced = reducePod(raw, masking);
    if (this.gone.has(reduced.uid)) return;
    this.gone.add(reduced.uid);
    const change = farewell(this.pods.get(reduced.uid), reduced);
    const going = { how: 'deleted', between: null, listResourceVersion: null } as const;
    const draft = this.write(podGone(source, reduced, change, going));
    for (const state of [this.pods, this.probes, this.held]) state.delete(reduced.uid);
    this.looks.push({ raw, reduced, draft });
  }

  private eventLine(line: Line): void {
    const objects = 'list' in line ? (parseJson(line.list) as { items: JsonObject[] }).items : [];
    if ('frame' in line) {
      const { type, object } = parsed(line.frame);
      if (type === 'ADDED' || type === 'MODIFIED') objects.push(object);
    }
    for (const object of objects) this.eventSeen(object, sourceAt(line.receivedAt));
  }

  private eventSeen(raw: JsonObject, source: Source): void {
    const reduced = reduceEvent(raw, masking);
    const change = reduced && observe(this.events.get(reduced.uid), reduced);
    if (!change) return;
    this.events.set(reduced.uid, change.known);
    this.write(kubeEventObserved(source, reduced, change));
  }

  private write(draft: Draft): Draft {
    this.drafts.push(draft);
    return draft;
  }
}

function parsed(frame: string): { type: string; object: JsonObject } {
  return parseJson(frame) as { type: string; object: JsonObject };
}

function sourceAt(receivedAt: string): Source {
  return { shardId: 1, watchEpoch: 1, via: 'watch', receivedAt };
}
