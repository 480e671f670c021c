/** Init containers that a later cycle passed over: when that is a finding, and when it is none (semantics 2.4). */
import { describe, expect, it } from 'vitest';
import { noContext, type Context } from '../index.js';
import {
  cyclesOf,
  ended,
  frame,
  frameUid,
  lastOf,
  passed,
  running,
  second,
  told,
  toldOf,
  waiting,
  watched,
  Watched,
  type Frame,
} from '../testing/index.js';
import { again, begun, lost, rerun } from '../testing/scene-frames.js';

const kindsOf = (...frames: readonly Frame[]): readonly string[] => toldOf(...frames).findings.map(({ kind }) => kind);

describe('an init container that was skipped', () => {
  const appBegan: Frame = { ...again, a: ended('a1', [101, 102], 0, 1), app: running('app1', 103, 1) };
  const node = { name: 'node-a', uid: 'n', bootId: 'one', kubeletVersion: 'v1.34.1', zone: null, ready: null };
  const gap = { position: 99, resource: 'pods', from: second(90), to: second(104), cause: 'expired' } as const;

  it('is a finding that names the kubelet and the bug upstream', () => {
    const all = watched([begun, passed, lost, appBegan], { ...noContext, node });
    expect(told(all).findings).toMatchObject([{ kind: 'initContainerSkipped', container: 'b', confidence: 'strong' }]);
    const summary = told(all).findings[0]?.summary ?? '';
    for (const named of ['v1.34.1', '#124002', '#137710', '#138706', '#140309', 'kubernetes/kubernetes#138514']) {
      expect(summary).toContain(named);
    }
    expect(lastOf(all, 'InitContainerSkipped')).toMatchObject({
      container: 'b',
      containerId: 'b0',
      kubeletVersion: 'v1.34.1',
    });
  });

  it('is none where a gap covers it: it may have run then', () => {
    const seen = (context: Context, frames: readonly Frame[]): readonly string[] =>
      told(watched(frames, context)).findings.map(({ kind }) => kind);
    expect(seen({ ...noContext, gaps: [gap] }, [begun, passed, lost, appBegan])).toEqual([]);
    expect(seen({ ...noContext, gaps: [{ ...gap, resource: 'events' }] }, [begun, passed, lost, appBegan])).toEqual([
      'initContainerSkipped',
    ]);
  });

  it('is none that ran and failed, was missed, or was done by the word of the kubelet', () => {
    const said = {
      restartCount: 0,
      state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: null, finishedAt: null } },
    };
    for (const b of [ended('b1', [102, 103], 1, 1), { ...running('b3', 103, 3) }, said]) {
      expect(kindsOf(begun, passed, lost, { ...appBegan, b })).not.toContain('initContainerSkipped');
    }
  });

  it('is none where the cycle’s beginning was learnt after a gap', () => {
    const all = new Watched({ ...noContext, gaps: [{ ...gap, position: 2 }] });
    const look = (seconds: number, of: Frame, via: 'watch' | 'relist' = 'watch') =>
      all.look({ pod: frame(of), receivedAt: second(seconds), via });
    look(4, begun);
    look(9, passed);
    all.fold(frameUid, {
      reducer: 1,
      via: 'watch',
      resourceVersion: null,
      receivedAt: second(99),
      writes: [],
      type: 'ObservationGap',
      resource: 'pods',
      namespace: null,
      from: second(90),
      to: second(99),
      fromResourceVersion: null,
      toResourceVersion: null,
      cause: 'expired',
    });
    look(102, rerun, 'relist');
    look(104, appBegan);
    expect(told(all).findings).toEqual([]);
  });

  it('is none in the first cycle, nor one that a sidecar’s place would be', () => {
    expect(kindsOf({ ...passed, b: waiting('PodInitializing') })).toEqual([]);
    const sidecar = true;
    const appOnly = { ...appBegan, sidecar, a: running('a0', 3), b: ended('b1', [101, 102]) };
    expect(
      kindsOf(
        { ...begun, sidecar },
        { ...passed, sidecar, a: running('a0', 3) },
        { ...lost, sidecar, a: running('a0', 3) },
        appOnly,
      ),
    ).not.toContain('initContainerSkipped');
  });

  it('is told by an app container that began in the new sandbox, also where none ran again', () => {
    const of = toldOf(begun, passed, lost, { ...again, app: running('app1', 103, 1) });
    expect(cyclesOf(of)).toEqual(['first completed', 'sandboxRecreated completed']);
    expect(of.findings.map(({ container }) => container)).toEqual(['a', 'b']);
  });
});
