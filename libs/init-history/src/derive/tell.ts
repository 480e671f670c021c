/** How a happening is told: its id is made of facts alone, so that the same facts give the same id (semantics 8.3). */
import { RULES, type Happening } from '../happenings.js';
import { cycleNumber, type PodHistory } from '../history.js';
import { uuidv5 } from '../uuid.js';
import type { Moment, Sight } from './sight.js';

/** Namespace of all happening ids. */
const happeningIds = '6f0e6f0c-2d4b-5b1c-9c53-0f1d3c8a7e21';

type Stamped =
  'id' | 'observedAt' | 'via' | 'gap' | 'rules' | 'evidence' | 'supersedes' | 'rule' | 'cycle' | keyof Moment;

/** A happening as a step words it: what the look itself says is added when it is told. */
type Wording<H> = H extends Happening
  ? Omit<H, Stamped> &
      Readonly<{
        /** Facts that make it the same happening whenever and however it is seen. */
        key: readonly (string | number | null | undefined)[];
        when: Moment;
        cycle?: number;
        evidence?: readonly number[];
        supersedes?: string | null;
        rule?: string;
      }>
  : never;

export type Worded = Wording<Happening>;

/** Adds to a happening what the look says of itself, and its id. */
export function tell(history: PodHistory, sight: Sight, worded: Worded): Happening {
  const { key, when, cycle, evidence, supersedes, rule, ...facts } = worded;
  const uid = history.uid ?? sight.now.metadata.uid;
  return {
    ...facts,
    ...when,
    id: uuidv5(happeningIds, [uid, facts.type, ...key].join('|')),
    observedAt: sight.receivedAt,
    via: sight.via,
    rule: rule ?? null,
    cycle: cycle ?? cycleNumber(history),
    evidence: [...new Set([...(evidence ?? []), sight.position])].toSorted((a, b) => a - b),
    gap: sight.gap,
    supersedes: supersedes ?? null,
    rules: RULES,
  };
}
