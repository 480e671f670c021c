/**
 * Step 2: the sandbox, by PodReadyToStartContainers (1.29 and later). Its loss may be written, or be seen only by a moved
 * time while the condition is True: the kubelet computes that time against its own cache, so a False that was never
 * written still moves it (semantics 1.4, 2.4).
 */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import { text, type Condition } from '../snapshot.js';
import { conditionTime, repeated, stampOf } from './2-conditions.js';
import { writtenBy } from './sandbox-reread.js';
import { basisOf, whenWritten, type Sight } from './sight.js';
import { tell } from './tell.js';

/** Its stamp, numbered where it turned to and fro within one second. */
const keyOf = (again: number, ...facts: readonly (string | null)[]): readonly (string | number | null)[] =>
  again < 2 ? facts : [...facts, again];

function lost(history: PodHistory, sight: Sight, now: Condition): Happening {
  const seenFalse = now.status !== 'True';
  return tell(history, sight, {
    type: 'SandboxLost',
    key: keyOf(repeated(history, now), stampOf(now), seenFalse ? 'seen' : 'moved'),
    when: seenFalse ? conditionTime(now, sight) : { ...whenWritten(sight), at: null },
    basis: seenFalse ? basisOf(sight) : 'inferred',
    ...(seenFalse ? {} : { rule: 'ltt-moved' }),
    container: null,
    seenFalse,
    podIP: text(sight.before.status.podIP),
  });
}

const ready = (history: PodHistory, sight: Sight, now: Condition): Happening =>
  tell(history, sight, {
    type: 'SandboxReady',
    key: keyOf(repeated(history, now), stampOf(now)),
    when: conditionTime(now, sight),
    basis: basisOf(sight),
    container: null,
    ordinal: history.sandbox.ordinal + 1,
    podIP: text(sight.now.status.podIP),
    ...writtenBy(sight.context),
  });

export function sandbox(history: PodHistory, sight: Sight): readonly Happening[] {
  const before = sight.before.conditions['PodReadyToStartContainers'];
  const now = sight.now.conditions['PodReadyToStartContainers'];
  if (!now || (before?.status === now.status && stampOf(before) === stampOf(now))) return [];
  const told: Happening[] = [];
  if (before?.status === 'True') told.push(lost(history, sight, now));
  if (now.status === 'True') told.push(ready(history, sight, now));
  return told;
}
