import { describe, expect, it } from 'vitest';
import { parsedOf } from '../kube-events/parse.js';
import type { ParsedEvent } from '../kube-events/parsed-event.js';

/** A text of an Event, the Kubernetes versions that write it, and what is read in it. */
type EventText = readonly [versions: string, message: string, parsed: ParsedEvent | null];

/** Shows what is read in texts of Events of one reason. */
export const tells = (reason: string, rows: readonly EventText[]): void => {
  describe(`the text of ${reason}`, () => {
    it.each(rows)('of %s: %s', (_versions, message, parsed) => {
      expect(parsedOf(reason, message)).toEqual(parsed);
    });
  });
};
