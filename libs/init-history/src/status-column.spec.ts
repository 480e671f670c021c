import { describe, expect, it } from 'vitest';
import { statusColumn } from './status-column.js';
import { partsOf } from './testing/index.js';

type Shape = Readonly<{
  init?: object[];
  initSpec?: object[];
  app?: object[];
  status?: object;
  conditions?: object[];
  meta?: object;
}>;

const printed = ({ init = [], initSpec, app = [], status, conditions = [], meta }: Shape, minor: number) => {
  const spec = {
    initContainers: initSpec ?? init.map((one) => ({ name: (one as { name: string }).name })),
    containers: [{ name: 'app' }],
  };
  const whole = { phase: 'Pending', conditions, initContainerStatuses: init, containerStatuses: app, ...status };
  const {
    status: text,
    ready,
    restarts,
  } = statusColumn(partsOf({ metadata: { name: 'p', ...meta }, spec, status: whole }), minor);
  return `${ready} ${text} ${restarts}`;
};

const waiting = (reason: string) => ({ waiting: { reason } });
const ended = (exitCode: number, reason?: string) => ({ terminated: { exitCode, ...(reason ? { reason } : {}) } });

describe('the STATUS column', () => {
  it('names the first init container that is not done by its index, not by how many succeeded', () => {
    const init = [
      { name: 'a', state: ended(0, 'Completed') },
      { name: 'b', state: waiting('PodInitializing') },
    ];
    expect(printed({ init }, 36)).toBe('0/1 Init:1/2 0');
  });

  it('falls back to signal and exit code where the runtime gave no reason', () => {
    expect(printed({ init: [{ name: 'a', state: ended(3) }] }, 36)).toBe('0/1 Init:ExitCode:3 0');
    expect(printed({ init: [{ name: 'a', state: { terminated: { exitCode: 137, signal: 9 } } }] }, 36)).toBe(
      '0/1 Init:Signal:9 0',
    );
  });

  it('knows scheduling gates since 1.26', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }];
    expect(printed({ conditions }, 25)).toBe('0/1 Pending 0');
    expect(printed({ conditions }, 26)).toBe('0/1 SchedulingGated 0');
  });

  it('knows sidecars since 1.28: counted in READY, passed when started, their restarts kept', () => {
    const initSpec = [{ name: 'a', restartPolicy: 'Always' }];
    const init = [{ name: 'a', state: { running: {} }, started: true, ready: true, restartCount: 2 }];
    const app = [{ name: 'app', state: waiting('PodInitializing') }];
    expect(printed({ init, initSpec, app }, 27)).toBe('0/1 Init:0/1 2');
    expect(printed({ init, initSpec, app }, 28)).toBe('1/2 PodInitializing 2');
  });

  it('goes on to the app containers since 1.28 when Initialized is True, whatever runs again', () => {
    const init = [{ name: 'a', state: { running: {} } }];
    const app = [{ name: 'app', state: ended(137, 'Error'), restartCount: 1 }];
    const conditions = [{ type: 'Initialized', status: 'True' }];
    expect(printed({ init, app, conditions }, 27)).toBe('0/1 Init:0/1 0');
    expect(printed({ init, app, conditions }, 28)).toBe('0/1 Error 1');
  });

  it('says Terminating of a pod that has ended up to 1.30 only', () => {
    const meta = { deletionTimestamp: '2026-11-21T08:00:00Z' };
    const shape = { meta, status: { phase: 'Failed' } };
    expect(printed(shape, 30)).toBe('0/1 Terminating 0');
    expect(printed(shape, 31)).toBe('0/1 Failed 0');
    expect(printed({ meta, status: { phase: 'Running', reason: 'NodeLost' } }, 36)).toBe('0/1 Unknown 0');
  });

  it('prefers an error over Completed since 1.35', () => {
    const app = [
      { name: 'app', state: ended(0, 'Completed') },
      { name: 'other', state: ended(1, 'Error') },
    ];
    expect(printed({ app }, 34)).toBe('0/1 Completed 0');
    expect(printed({ app }, 35)).toBe('0/1 Error 0');
  });

  it('says NotReady when one container runs, another completed, and the pod is not ready', () => {
    const app = [
      { name: 'app', state: ended(0, 'Completed') },
      { name: 'other', state: { running: {} }, ready: true },
    ];
    expect(printed({ app }, 36)).toBe('1/1 NotReady 0');
    expect(printed({ app, conditions: [{ type: 'Ready', status: 'True' }] }, 36)).toBe('1/1 Running 0');
  });

  it('drops the restarts of regular init containers once they are passed', () => {
    const init = [{ name: 'a', state: ended(0, 'Completed'), restartCount: 5 }];
    const app = [{ name: 'app', state: { running: {} }, ready: true, restartCount: 1 }];
    expect(printed({ init, app, status: { phase: 'Running' } }, 36)).toBe('1/1 Running 1');
  });

  it('tells when the newest of the counted restarts was', () => {
    const lastState = { terminated: { exitCode: 1, finishedAt: '2026-11-21T08:00:00Z' } };
    const init = [{ name: 'a', state: waiting('CrashLoopBackOff'), lastState, restartCount: 1 }];
    const pod = {
      metadata: {},
      spec: { initContainers: [{ name: 'a' }], containers: [] },
      status: { initContainerStatuses: init },
    };
    expect(statusColumn(partsOf(pod), null).lastRestart).toBe(Date.parse('2026-11-21T08:00:00Z'));
  });
});
