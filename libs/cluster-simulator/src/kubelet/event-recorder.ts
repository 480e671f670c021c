import type { Clock } from '../api/clock.js';
import type { Fields, StoredObject } from '../api/kube-object.js';
import { wholeSeconds } from '../api/kube-object.js';
import type { ApiReach, Reach } from '../api/outage.js';
import type { ResourceName } from '../api/resources.js';
import type { Random } from './random.js';
import { typeOf, type Store } from './store.js';

/** An event to be told of an object. */
export type Told = Readonly<{
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  fieldPath?: string;
  annotations?: Readonly<Record<string, string>>;
}>;

const combineAfter = 10;
const combineWithinMs = 600_000;
const spamBurst = 25;
const spamRefillMs = 300_000;
const forgetAfterMs = 3_600_000;
const tryAgainMs = 10_000;
const triesOfEach = 12;
const mostWaiting = 1000;

/** A combined event is made anew and names no reporter (recorded: many-failures). */
const combinedPrefix = '(combined from similar events): ';

type Counted = { name: string; namespace: string; count: number; lastAt: number };
type Alike = { messages: Set<string>; since: number };
type Waiting = { of: StoredObject; told: Told; at: number; tries: number };

/**
 * The recorder that kubelets and most controllers use (client-go tools/record): equal events are counted, the tenth text of one reason within ten
 * minutes and those after it are combined, and of one object 25 are told at once and then one each five minutes.
 */
export class EventRecorder {
  private readonly counted = new Map<string, Counted>();
  private readonly alike = new Map<string, Alike>();
  private readonly tokens = new Map<string, { left: number; at: number }>();
  private readonly waiting: Waiting[] = [];
  private isHeldUp = false;
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
      /** Whether it names objects without their uid and resourceVersion. */
      isByName?: boolean;
      /** How it gets to the API, and by what chance the first try after a refusal is early; it always gets there unless told. */
      over?: Readonly<{ api: ApiReach; random: Random }>;
    }>,
  ) {}

  /**
   * Tells what happens now, behind all that was told before. The first that the API refuses is tried again after up to ten seconds, then every ten, and
   * given up after the twelfth time; those behind it wait, a thousand at most, and what comes then is dropped.
   */
  tell(of: StoredObject, told: Told): void {
    if (this.waiting.length >= mostWaiting) return;
    this.waiting.push({ of, told, at: this.clock.now(), tries: 0 });
    if (!this.isHeldUp) this.drain();
  }

  private drain(): void {
    for (let [first] = this.waiting; first; [first] = this.waiting) {
      const reach = this.source.over?.api.reach() ?? 'answers';
      if (reach !== 'answers') return this.holdUp(first, reach);
      this.waiting.shift();
      this.write(first);
    }
  }

  private holdUp(first: Waiting, reach: Exclude<Reach, 'answers'>): void {
    const { over } = this.source;
    const goOn = (): void => {
      this.isHeldUp = false;
      this.drain();
    };
    if (reach === 'refuses' && ++first.tries >= triesOfEach) {
      this.waiting.shift();
      return this.drain();
    }
    this.isHeldUp = true;
    if (reach === 'waits') over?.api.whenAnswering(goOn);
    else this.clock.after(first.tries === 1 ? (over?.random.between(0, tryAgainMs) ?? tryAgainMs) : tryAgainMs, goOn);
  }

  private write({ of, told, at: now }: Waiting): void {
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
    const { component, host, isByName } = this.source;
    const combined = told.message.startsWith(combinedPrefix);
    const { kind, apiVersion } = typeOf(this.source.about);
    const eventName = `${name}.${(BigInt(Math.floor(now)) * 1_000_000n + BigInt(this.nanoseconds++ % 1_000_000)).toString(16)}`;
    const body: Fields = {
      involvedObject: {
        kind,
        namespace,
        name,
        apiVersion,
        ...(isByName ? {} : { uid, resourceVersion }),
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
    const { annotations } = told;
    const metadata = { name: eventName, namespace, ...(annotations && { annotations }) };
    this.store.create('events', { metadata, ...body }, this.writer());
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
