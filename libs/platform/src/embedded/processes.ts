import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Whether a process of this id runs now. It may be another one than the id once meant. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * What tells a process from a later one of the same id: its start, in the system's own words. Undefined when it is gone,
 * or a zombie that nobody has waited for.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (!isRunning(pid)) return undefined;
  if (process.platform !== 'linux') return (await ask(pid, 'lstart')) || undefined;
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // After the name, which is in parentheses and may hold anything: field 3 is the state, field 22 the start.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? undefined : fields?.[19];
}

/** The command line of a process; empty when it is gone. */
export async function commandOf(pid: number): Promise<readonly string[]> {
  if (process.platform !== 'linux') return (await ask(pid, 'command')).split(' ');
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.split('\0').filter((word) => word !== '');
}

async function ask(pid: number, column: string): Promise<string> {
  const answer = await execute('ps', ['-o', `${column}=`, '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return answer.stdout.trim();
}
