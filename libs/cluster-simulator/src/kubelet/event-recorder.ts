import type { Clock } from '../api/clock.js';
import type { Fields, StoredObject } from '../api/kube-object.js';
import { wholeSeconds } from '../api/kube-object.js';
import type { ResourceName } from '../api/resources.js';
import { typeOf, type Store } from './store.js';

/** An event to be told of an object. */
export type Told = Readonly<{ type: 'Normal' | 'Warning'; reason: string; message: string; fieldPath?: string }>;

const combineAfter = 10;
const combineWithinMs = 600_000;
const spamBurst = 25;
const spamRefillMs = 300_000;
const forgetAfterMs = 3_600_000;
const tryAgainMs = 1000;
const givenUpAfterMs = 120_000;

/** A combined event is made anew and names no reporter (recorded: many-failures). */
const combinedPrefix = '(combined from similar events): ';

type Counted = { name: string; namespace: string; count: number; lastAt: number };
type Alike = { messages: Set<string>; since: number };

/**
 * The recorder that kubelets and most controllers use (client-go tools/record): equal events are counted, the tenth text of one reason within ten
 * minutes and those after it are combined, and of one object 25 are told at once and then one each five minutes.
 */
export class EventRecorder {
  private readonly counted = new Map<string, Counted>();
  private readonly alike = new Map<string, Alike>();
  private readonly tokens = new Map<string, { left: number; at: number }>();
  private nanoseconds = 0;
  private tidiedAt = 0;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly source: Readonly<{
      component: string;
      host?: string;
      manager?: string;
      about: ResourceName;
      /** Whether what is written now arrives; always, unless told. */
      reachesApi?: () => boolean;
    }>,
  ) {}

  /** Tells what happens now; while the API does not answer, it is tried again, and given up after two minutes. */
  tell(of: StoredObject, told: Told): void {
    this.tellOf(of, told, this.clock.now());
  }

  private tellOf(of: StoredObject, told: Told, now: number): void {
    if (this.source.reachesApi?.() === false) {
      if (this.clock.now() - now < givenUpAfterMs) this.clock.after(tryAgainMs, () => this.tellOf(of, told, now));
      return;
    }
    const { key, text } = this.combined(of, told, now);
    const known = this.counted.get(key);
    if (known) Object.assign(known, { count: known.count + 1, lastAt: now });
    if (!this.mayTell(of, told, now)) return;
    if (known && this.count(known, text, now)) return;
    this.counted.set(key, this.create(of, { ...told, message: text }, { now, count: known?.count ?? 1 }));
    if (now - this.tidiedAt > combineWithinMs) this.forget(now);
  }

  /** Fewer texts than ten are told as they are; the others as one, whose text is the latest and whose fieldPath is the first's. */
  private combined(of: StoredObject, told: Told, now: number): { key: string; text: string } {
    const about = [of.metadata.uid, told.type, told.reason].join('|');
    let alike = this.alike.get(about);
    if (!alike || now - alike.since > combineWithinMs)
      this.alike.set(about, (alike = { messages: new Set(), since: now }));
    alike.messages.add(told.message);
    if (alike.messages.size < combineAfter)
      return { key: [about, told.fieldPath, told.message].join('|'), text: told.message };
    return { key: about, text: `${combinedPrefix}${told.message}` };
  }

  private mayTell(of: StoredObject, { type }: Told, now: number): boolean {
    const key = `${of.metadata.uid}|${type}`;
    const bucket = this.tokens.get(key) ?? { left: spamBurst, at: now };
    const left = Math.min(spamBurst, bucket.left + (now - bucket.at) / spamRefillMs);
    this.tokens.set(key, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  }

  private count(known: Counted, message: string, now: number): boolean {
    const at = { namespace: known.namespace, name: known.name };
    const written = this.store.update(
      'events',
      at,
      (draft) => Object.assign(draft, { message, count: known.count, lastTimestamp: wholeSeconds(now) }),
      this.writer(),
    );
    return written !== undefined;
  }

  private create(of: StoredObject, told: Told, { now, count }: { now: number; count: number }): Counted {
    const { namespace = 'default', name, uid, resourceVersion } = of.metadata;
    const { component, host } = this.source;
    const combined = told.message.startsWith(combinedPrefix);
    const { kind, apiVersion } = typeOf(this.source.about);
    const eventName = `${name}.${(BigInt(Math.floor(now)) * 1_000_000n + BigInt(this.nanoseconds++ % 1_000_000)).toString(16)}`;
    const body: Fields = {
      involvedObject: {
        kind,
        namespace,
        name,
        uid,
        apiVersion,
        resourceVersion,
        ...(told.fieldPath ? { fieldPath: told.fieldPath } : {}),
      },
      reason: told.reason,
      message: told.message,
      source: { component, ...(host ? { host } : {}) },
      firstTimestamp: wholeSeconds(now),
      lastTimestamp: wholeSeconds(now),
      count,
      type: told.type,
      eventTime: null,
      reportingComponent: combined ? '' : component,
      reportingInstance: combined ? '' : (host ?? ''),
    };
    this.store.create('events', { metadata: { name: eventName, namespace }, ...body }, this.writer());
    return { name: eventName, namespace, count, lastAt: now };
  }

  private writer(): { manager: string } {
    return { manager: this.source.manager ?? this.source.component };
  }

  private forget(now: number): void {
    this.tidiedAt = now;
    for (const [key, { lastAt }] of this.counted) if (now - lastAt > forgetAfterMs) this.counted.delete(key);
    for (const [key, { since }] of this.alike) if (now - since > combineWithinMs) this.alike.delete(key);
    for (const [key, { at }] of this.tokens) if (now - at > forgetAfterMs) this.tokens.delete(key);
  }
}
