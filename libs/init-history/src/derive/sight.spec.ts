/** Whose clock tells when something was written (semantics 1.1, 2.7). */
import { describe, expect, it } from 'vitest';
import type { Write } from '../observations.js';
import { second } from '../testing/index.js';
import { nodeTime, whenSpecWritten, whenWritten, type Sight } from './sight.js';

const kubelet = { manager: 'kubelet', operation: 'Update', subresource: 'status', time: second(5) };
const editor = { manager: 'kubectl-edit', operation: 'Update', subresource: null, time: second(6) };
const resizer = { manager: 'kubectl', operation: 'Update', subresource: 'resize', time: second(7) };
const other = { manager: 'controller', operation: 'Update', subresource: 'status', time: second(8) };

const seen = '2026-11-21T08:00:09.500Z';
const bySight = { at: seen, clock: 'watcher', precisionMs: 1 };
const looked = (writes: readonly Write[]) => ({ receivedAt: seen, writes }) as Sight;

describe('when it was written', () => {
  it.each([
    ['a status, by the kubelet', whenWritten, [editor, other, kubelet], second(5)],
    ['a status that the kubelet did not write, when it was seen', whenWritten, [editor, other], seen],
    ['not by the kubelet elsewhere', whenWritten, [{ ...kubelet, subresource: null }], seen],
    ['not by a write without a time', whenWritten, [{ ...kubelet, time: null }], seen],
    ['a spec, by whoever wrote the object itself', whenSpecWritten, [kubelet, other, editor], second(6)],
    ['a spec, by a resize', whenSpecWritten, [kubelet, other, resizer], second(7)],
    ['a spec of which only the status was written, when it was seen', whenSpecWritten, [kubelet], seen],
  ])('%s', (_, when, writes, at) => {
    expect(when(looked(writes))).toMatchObject(at === seen ? bySight : { at, clock: 'apiserver', precisionMs: 1000 });
  });

  it('is not known of a time that the node did not stamp', () => {
    expect(nodeTime(undefined, 'state.startedAt')).toMatchObject({ at: null, precisionMs: 1 });
  });
});
