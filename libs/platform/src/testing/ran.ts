import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How a program ended, and what it said. */
export type Ran = Readonly<{ code: number; stdout: string; stderr: string }>;

/** Runs a program of Node to its end, whatever that is. */
export async function ran(...args: readonly string[]): Promise<Ran> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 })) };
  } catch (error) {
    return error as Ran;
  }
}
