import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusColumn } from './status-column.js';
import { anyPod, partsOf } from './testing/index.js';

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

  it('counts as done a sidecar that ended with 0 before it had started (recorded, 1.36.3: sidecar-startup-never rv 2421)', () => {
    const initSpec = [{ name: 'proxy', restartPolicy: 'Always' }, { name: 'work' }];
    const init = [
      { name: 'proxy', state: ended(0, 'Completed'), started: false, ready: false },
      { name: 'work', state: waiting('PodInitializing') },
    ];
    expect(printed({ init, initSpec }, 36)).toBe('0/2 Init:1/2 0');
  });

  it('takes OOMKilled with exit code 0 for success, though it is retried (recorded, 1.36.3: oom rv 1161)', () => {
    const init = [{ name: 'load', state: ended(0, 'OOMKilled'), ready: true, restartCount: 3 }];
    const app = [{ name: 'app', state: waiting('PodInitializing') }];
    const conditions = [{ type: 'Initialized', status: 'True' }];
    expect(printed({ init, app, conditions }, 36)).toBe('0/1 PodInitializing 0');
  });

  it('shows one failure as its end or as its wait, whichever the status has', () => {
    expect(printed({ init: [{ name: 'a', state: ended(1, 'Error') }] }, 36)).toBe('0/1 Init:Error 0');
    expect(printed({ init: [{ name: 'a', state: waiting('CrashLoopBackOff'), restartCount: 1 }] }, 36)).toBe(
      '0/1 Init:CrashLoopBackOff 1',
    );
  });

  it('names the index while nothing is said of the current one', () => {
    for (const state of [{}, { waiting: {} }, { running: {} }, waiting('PodInitializing')]) {
      expect(printed({ init: [{ name: 'a', state }], status: { phase: 'Pending' } }, 36)).toBe('0/1 Init:0/1 0');
    }
  });

  it('hides the pod’s own reason behind an init container (recorded, 1.36.3: active-deadline)', () => {
    const init = [{ name: 'slow', state: ended(137, 'Error') }];
    expect(printed({ init, status: { phase: 'Failed', reason: 'DeadlineExceeded' } }, 36)).toBe('0/1 Init:Error 0');
    expect(printed({ status: { phase: 'Failed', reason: 'Evicted' } }, 36)).toBe('0/1 Evicted 0');
  });

  it('is Terminating until the pod has failed (recorded, 1.36.3: deleted-during-init)', () => {
    const meta = { deletionTimestamp: '2026-11-21T08:00:00Z' };
    const init = [{ name: 'wait', state: ended(137, 'Error') }];
    expect(printed({ init, meta, status: { phase: 'Pending' } }, 36)).toBe('0/1 Terminating 0');
    expect(printed({ init, meta, status: { phase: 'Failed' } }, 36)).toBe('0/1 Init:Error 0');
  });

  it('has no Init text after a reboot since 1.28: the app’s end has the word', () => {
    const init = [
      { name: 'a', state: ended(0, 'Completed'), restartCount: 1 },
      { name: 'b', state: ended(137, 'Error') },
    ];
    const app = [{ name: 'app', state: ended(137, 'Error') }];
    const conditions = [{ type: 'Initialized', status: 'True' }];
    expect(printed({ init, app, conditions, status: { phase: 'Running' } }, 36)).toBe('0/1 Error 0');
  });

  it('has the last word from the first app container in the list', () => {
    const app = [
      { name: 'app', state: waiting('ImagePullBackOff') },
      { name: 'other', state: ended(1, 'Error') },
    ];
    expect(printed({ app }, 36)).toBe('0/1 ImagePullBackOff 0');
  });

  it('is that of the newest server that was read where the version is not known', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }];
    const pod = { metadata: {}, spec: { containers: [{ name: 'app' }] }, status: { phase: 'Pending', conditions } };
    expect(statusColumn(partsOf(pod), null).status).toBe('SchedulingGated');
  });
});

describe('the Completed block', () => {
  const completed = { name: 'app', state: ended(0, 'Completed') };
  const runs = { name: 'runs', state: { running: {} }, ready: true };
  const fails = { name: 'fails', state: ended(1, 'Error') };
  const ready = [{ type: 'Ready', status: 'True' }];
  it.each([
    [34, [completed], [], 'Completed'],
    [35, [completed], [], 'Completed'],
    [34, [completed, runs], ready, 'Running'],
    [35, [completed, runs], ready, 'Running'],
    [34, [completed, runs], [], 'NotReady'],
    [35, [completed, runs], [], 'NotReady'],
    [34, [completed, runs, fails], [], 'NotReady'],
    [35, [completed, runs, fails], [], 'Error'],
    [34, [completed, runs, fails], ready, 'Running'],
    [35, [completed, runs, fails], ready, 'Running'],
    [34, [completed, fails], [], 'Completed'],
    [35, [completed, fails], [], 'Error'],
  ])('of a server 1.%i', (minor, app, conditions, status) => {
    const text = printed({ app, conditions, status: { phase: 'Running' } }, minor).split(' ')[1];
    expect(text).toBe(status);
  });
});

describe('the time of the newest restart', () => {
  const at = (second: string): string => `2026-11-21T08:00:${second}Z`;
  const died = (finishedAt: string) => ({ terminated: { exitCode: 1, finishedAt } });
  const cells = (init: object[], app: object[], minor: number, initSpec?: object[]) =>
    statusColumn(
      partsOf({
        metadata: {},
        spec: { initContainers: initSpec ?? init.map(() => ({ name: 'a' })), containers: [{ name: 'app' }] },
        status: { phase: 'Running', initContainerStatuses: init, containerStatuses: app },
      }),
      minor,
    );
  const done = { name: 'a', state: ended(0, 'Completed'), restartCount: 2, lastState: died(at('05')) };

  it('is the latest end among the restarts that are counted', () => {
    const init = [{ name: 'a', state: waiting('CrashLoopBackOff'), lastState: died(at('00')), restartCount: 1 }];
    expect(cells(init, [], 36)).toMatchObject({ restarts: 1, lastRestartAt: at('00') });
    const app = [{ name: 'app', state: { running: {} }, restartCount: 3, lastState: died(at('03')) }];
    expect(cells([done], app, 36)).toMatchObject({ restarts: 3, lastRestartAt: at('03') });
  });

  it('is none without a restart since 1.28, and that of the dropped ones up to 1.27', () => {
    const app = [{ name: 'app', state: { running: {} }, restartCount: 0 }];
    expect(cells([done], app, 36)).toMatchObject({ restarts: 0, lastRestartAt: null });
    expect(cells([done], app, 28)).toMatchObject({ restarts: 0, lastRestartAt: null });
    expect(cells([done], app, 27)).toMatchObject({ restarts: 0, lastRestartAt: at('05') });
  });

  it('is kept of sidecars once init is over', () => {
    const sidecar = { ...done, state: { running: {} }, started: true, ready: true };
    const initSpec = [{ name: 'a', restartPolicy: 'Always' }];
    expect(cells([sidecar], [], 36, initSpec)).toMatchObject({ restarts: 2, lastRestartAt: at('05') });
  });

  it('is none where no end of an instance is told', () => {
    const init = [{ name: 'a', state: waiting('CrashLoopBackOff'), restartCount: 4 }];
    expect(cells(init, [], 36)).toMatchObject({ restarts: 4, lastRestartAt: null });
  });
});

describe('any pod', () => {
  it('has cells that count no more than there is, and a STATUS that is never empty', () => {
    fc.assert(
      fc.property(anyPod, fc.integer({ min: 25, max: 36 }), (pod, minor) => {
        const { status, ready, restarts, lastRestartAt } = statusColumn(partsOf(pod), minor);
        const [many = 0, of = 0] = ready.split('/').map(Number);
        expect(many).toBeLessThanOrEqual(of);
        expect(status).not.toBe('');
        expect(restarts).toBeGreaterThanOrEqual(0);
        expect(minor >= 28 && restarts === 0 && lastRestartAt !== null).toBe(false);
      }),
    );
  });
});
