import type { Database } from '#libs/platform';
import { findNotification } from './alert-table.js';
import { dismiss, findUndone, hasEarlier, noteAttempt, postpone, type OutboxRow } from './outbox.js';
import type { DeliveryResult, Receiver } from './receivers.js';
import type { Notification } from './notification.js';

/** What became of a row of the outbox. `needless`: nobody has to be told any more, or has been told already. */
export type Attempted = DeliveryResult['outcome'] | 'postponed' | 'needless';

/**
 * Tells receivers what the outbox says. A row may be attempted twice, after a crash between the receiver's answer and our note
 * of it; its id is the same then, so that a receiver can tell.
 */
export class Deliveries {
  readonly #receivers: ReadonlyMap<string, Receiver>;

  constructor(
    private readonly pool: Database['projection'],
    receivers: readonly Receiver[],
    private readonly baseUrl: string,
  ) {
    this.#receivers = new Map(receivers.map((receiver) => [receiver.name, receiver]));
  }

  /** One attempt at one row; a row that is done already is left alone. Never throws because of a receiver. */
  async attempt(shardId: number, dedupeKey: string, now: () => Date): Promise<Attempted> {
    const row = await findUndone(this.pool, shardId, dedupeKey);
    if (!row) return 'needless';
    const receiver = this.#receivers.get(row.receiver);
    const notification = await findNotification(
      this.pool,
      { shardId, alertId: row.alert_id, episode: row.episode },
      this.baseUrl,
    );
    if (!receiver || !notification || isOutdated(row, notification, receiver)) {
      await dismiss(this.pool, row, now());
      return 'needless';
    }
    if (receiver.wants === 'transition' && (await hasEarlier(this.pool, row))) {
      await postpone(this.pool, row, now());
      return 'postponed';
    }
    const result = await receiver.deliver(atTransition(notification, row), dedupeKey, now().getTime());
    await noteAttempt(this.pool, row, result, now());
    return result.outcome;
  }
}

/** To somebody who keeps the state, a firing that is told late would open again what has been closed since. */
function isOutdated(row: OutboxRow, { endsAt }: Notification, { wants }: Receiver): boolean {
  return wants === 'state' && row.transition === 'fired' && endsAt !== null;
}

/** Somebody who is told transitions hears of the firing as it was, although it may be over by now. */
function atTransition(notification: Notification, { transition }: OutboxRow): Notification {
  return transition === 'fired' ? { ...notification, endsAt: null } : notification;
}
