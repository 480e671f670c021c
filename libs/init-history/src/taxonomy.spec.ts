/** The tables of semantics 3.1, 3.2, 3.4 and 3.5. */
import { describe, expect, it } from 'vitest';
import {
  categoryOfDisruption,
  categoryOfEnd,
  categoryOfPodReason,
  categoryOfTrouble,
  categoryOfWaiting,
  failed,
  signalOf,
} from './taxonomy.js';

describe('the category of a waiting reason', () => {
  it.each([
    ['PodInitializing', 'PENDING'],
    ['ContainerCreating', 'PENDING'],
    ['', 'RUNTIME'],
    ['ErrImagePull', 'IMAGE_PULL'],
    ['ImagePullBackOff', 'IMAGE_PULL'],
    ['ErrImageNeverPull', 'IMAGE_PULL'],
    ['InvalidImageName', 'IMAGE_PULL'],
    ['ImageInspectError', 'RUNTIME'],
    ['SignatureValidationFailed', 'IMAGE_PULL'],
    ['CreateContainerConfigError', 'CONFIG'],
    ['CreateContainerError', 'RUNTIME'],
    ['RunContainerError', 'START'],
    ['PostStartHookError', 'HOOK'],
    ['RestartingAllContainers', 'RESTART_ALL'],
    ['some text that an error brought along', 'UNKNOWN'],
    ['constructor', 'UNKNOWN'],
  ])('%j is %s', (reason, category) => {
    expect(categoryOfWaiting(reason, undefined)).toBe(category);
  });

  it('is that of the last end in a crash loop', () => {
    expect(categoryOfWaiting('CrashLoopBackOff', { exitCode: 137, reason: 'OOMKilled' })).toBe('OOM');
    expect(categoryOfWaiting('CrashLoopBackOff', { exitCode: 1, reason: 'Error' })).toBe('CRASH');
    expect(categoryOfWaiting('CrashLoopBackOff', undefined)).toBe('CRASH');
  });
});

describe('the category of an end', () => {
  it.each([
    [0, 'Completed', null],
    [1, 'Error', 'CRASH'],
    [137, 'Error', 'CRASH'],
    [137, 'OOMKilled', 'OOM'],
    [0, 'OOMKilled', 'OOM'],
    [128, 'StartError', 'START'],
    [255, 'Unknown', 'NODE_OR_RUNTIME_LOST'],
    [1, 'seccomp killed', 'SECURITY'],
    [137, 'ContainerStatusUnknown', 'UNKNOWN_OUTCOME'],
    [137, 'RestartingAllContainers', 'RESTART_ALL'],
  ])('with %d, %s is %s', (exitCode, reason, category) => {
    expect(categoryOfEnd({ exitCode, reason })).toBe(category);
    expect(failed({ exitCode, reason })).toBe(category !== null);
  });

  it('has a signal by the convention of shells, since the kubelet sets none', () => {
    expect([0, 1, 128, 137, 143, 255, null].map(signalOf)).toEqual([null, null, null, 9, 15, null, null]);
  });
});

describe('the category of an end of the pod', () => {
  it.each([
    ['DeadlineExceeded', 'DEADLINE'],
    ['Evicted', 'EVICTION'],
    ['Preempting', 'PREEMPTION'],
    ['Terminated', 'NODE_SHUTDOWN'],
    ['NodeShutdown', 'NODE_SHUTDOWN'],
    ['NodeLost', 'NODE_LOST'],
    ['NodeAffinity', 'ADMISSION'],
    ['OutOfcpu', 'ADMISSION'],
    ['OutOfexample.com/gpu', 'ADMISSION'],
    ['InitContainerRestartPolicyForbidden', 'ADMISSION'],
    ['SomethingElse', null],
  ])('%s is %s', (reason, category) => {
    expect(categoryOfPodReason(reason)).toBe(category);
  });

  it.each([
    ['PreemptionByScheduler', 'PREEMPTION'],
    ['DeletionByTaintManager', 'NODE_LOST'],
    ['DeletionByPodGC', 'NODE_LOST'],
    ['DeletionByDeviceTaintManager', 'EVICTION'],
    ['EvictionByEvictionAPI', 'EVICTION'],
    ['TerminationByKubelet', 'EVICTION'],
  ])('announced as %s is %s', (reason, category) => {
    expect(categoryOfDisruption(reason)).toBe(category);
  });
});

describe('the category of an Event before the sandbox', () => {
  it.each([
    ['FailedMount', 'VOLUME'],
    ['FailedAttachVolume', 'VOLUME'],
    ['FailedPrepareDynamicResources', 'DRA'],
    ['FailedCreatePodSandBox', 'SANDBOX'],
    ['NetworkNotReady', 'SANDBOX'],
    ['Pulled', null],
  ])('%s is %s', (reason, category) => {
    expect(categoryOfTrouble(reason)).toBe(category);
  });
});
