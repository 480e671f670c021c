import { describe, expect, test } from 'vitest';
import { fieldAt, listAt, textAt } from '../api/kube-object.js';
import { scenarios } from '../scenarios/index.js';
import { testCluster, testClusterBegins } from '../testing/cluster.js';
import { startDemo } from './index.js';

const minuteMs = 60_000;

/** Half an hour of a cluster takes seconds, on a busy machine more of them. */
const patience = 120_000;

describe('the demo cluster', { timeout: patience }, () => {
  test('shows a running init container within three seconds and a failed one within ten', () => {
    const { clock, store, kubelets, pods } = testCluster({ nodes: ['node-a', 'node-b', 'node-c'] });
    startDemo({ store, kubelets }, { seed: 1 });
    clock.advance(3000);
    expect(JSON.stringify(pods)).toContain('"running"');
    clock.advance(7000);
    expect(JSON.stringify(pods)).toContain('"reason":"Error"');
  });

  test('plays every scenario but outages of the API, rolls its Deployments, and keeps its size', () => {
    const { clock, store, kubelets, pods, events } = testCluster({ nodes: ['node-a', 'node-b', 'node-c'] });
    startDemo({ store, kubelets }, { seed: 1 });
    const sizes: number[] = [];
    for (let minute = 0; minute < 30; minute++) {
      clock.advance(minuteMs);
      sizes.push(store.list('pods').length);
    }
    const namespaces = new Set(pods.map(({ object }) => textAt(object, 'metadata', 'namespace')));
    const outages = ['apiserver-compact', 'apiserver-kill', 'apiserver-restart'];
    const missing = scenarios.map(({ name }) => name).filter((name) => !namespaces.has(name));
    expect(missing.toSorted()).toEqual(outages);
    expect(Math.max(...sizes)).toBeLessThan(160);
    expect(store.list('replicasets').length).toBeLessThan(40);
    const seconds = (clock.now() - testClusterBegins) / 1000;
    expect((pods.length + events.length) / seconds).toBeLessThan(8);
    const revisions = store
      .list('replicasets', 'shop')
      .map((set) => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision']));
    expect(Math.max(...revisions)).toBeGreaterThan(2);
  });

  test('spreads its nodes over zones', () => {
    const { store, kubelets } = testCluster({ nodes: ['node-a', 'node-b', 'node-c'] });
    startDemo({ store, kubelets }, { seed: 1 });
    const zones = store.list('nodes').map(({ metadata }) => metadata.labels?.['topology.kubernetes.io/zone']);
    expect(zones).toEqual(['zone-0', 'zone-1', 'zone-0']);
  });

  test('stops when it is told to', () => {
    const { clock, store, kubelets, pods } = testCluster();
    const demo = startDemo({ store, kubelets }, { seed: 1 });
    clock.advance(20_000);
    demo.stop();
    clock.advance(10 * minuteMs);
    const began = pods.filter(({ type }) => type === 'ADDED').length;
    clock.advance(10 * minuteMs);
    expect(pods.filter(({ type }) => type === 'ADDED').length - began).toBeLessThanOrEqual(1);
  });

  test('with one seed it is the same demo each time', () => {
    const story = (seed: number): string => {
      const { clock, store, kubelets, pods } = testCluster({ seed });
      startDemo({ store, kubelets }, { seed });
      clock.advance(2 * minuteMs);
      return pods
        .map(({ type, object }) => `${type} ${textAt(object, 'metadata', 'name')} ${textAt(object, 'metadata', 'uid')}`)
        .join('\n');
    };
    expect(story(5)).toBe(story(5));
    expect(story(5)).not.toBe(story(6));
  });

  test('tells of every init container that ended how it ended, unless its pod was deleted by force or the instance was removed', () => {
    const { clock, store, kubelets, pods } = testCluster({ nodes: ['node-a', 'node-b', 'node-c'], busy: true });
    startDemo({ store, kubelets }, { seed: 4 });
    clock.advance(20 * minuteMs);
    const told = new Map<string, unknown>();
    for (const { object } of pods) {
      for (const status of listAt(object, 'status', 'initContainerStatuses')) {
        for (const end of [fieldAt(status, 'state', 'terminated'), fieldAt(status, 'lastState', 'terminated')]) {
          told.set(textAt(end, 'containerID').slice('containerd://'.length), fieldAt(end, 'exitCode'));
        }
      }
    }
    const ended = kubelets.truth
      .entries()
      .filter(({ role, finishedAt }) => role === 'init' && finishedAt && finishedAt < clock.now() - 5000);
    const untold = ended.filter(({ containerId, exitCode }) => told.get(containerId) !== exitCode);
    expect(ended.length).toBeGreaterThan(300);
    expect(new Set(untold.map(({ namespace }) => namespace))).toEqual(
      new Set([
        'evicted-disk-pressure',
        'force-deleted-during-init',
        'name-reused',
        'restart-all-containers',
        'sandbox-killed-during-init',
      ]),
    );
  });
});
