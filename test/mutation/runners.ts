/** Starts runners and asks them. */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';

import type { Answer, Covered, CoveredTest, Order } from './protocol.js';

const root = path.resolve(import.meta.dirname, '../..');
const fromSource = ['--import', './test/support/from-source.mjs'];

/** A test that asks a hundred times as often as it did without mutants, and a million times, goes round without end. */
const most = ({ asked }: CoveredTest): number => 100 * asked + 1_000_000;

/** No test takes so long, on any machine: the process hangs. */
const hangs = 600_000;

export class Runner {
  private constructor(private readonly child: ChildProcess) {}

  static start(order: Order): Runner {
    return new Runner(
      fork(path.join(import.meta.dirname, 'runner.ts'), [JSON.stringify(order)], {
        cwd: root,
        execArgv: fromSource,
        serialization: 'advanced',
        stdio: order.on === null ? 'inherit' : ['ignore', 'ignore', 'ignore', 'ipc'],
      }),
    );
  }

  async covered(): Promise<Covered> {
    const answer = await this.answer();
    if (answer === null || !('covered' in answer)) throw new Error('A spec fails without any mutant: mend it first');
    return answer.covered;
  }

  /** Number of the first of the tests that fails; `null` if all pass; 'process' if it ended or hung. */
  async killer(mutant: number, tests: readonly [number, CoveredTest][]): Promise<number | null | 'process'> {
    this.child.send({ mutant, tries: tests.map(([test, one]) => ({ test, most: most(one) })) });
    const answer = await this.answer();
    return answer && 'by' in answer ? answer.by : 'process';
  }

  end(): void {
    this.child.kill('SIGKILL');
  }

  /** `null` if there is none, because the process ended or hung. */
  private answer(): Promise<Answer | null> {
    const { child } = this;
    return new Promise((resolve) => {
      const done = (answer: Answer | null): void => {
        clearTimeout(timer);
        child.off('message', done).off('exit', ended);
        resolve(answer);
      };
      const ended = (): void => done(null);
      const timer = setTimeout(ended, hangs);
      child.once('message', done).once('exit', ended);
      if (child.exitCode !== null) ended();
    });
  }
}
