import type { PodAccount } from '../account.js';
import type { Context } from '../context.js';
import type { PodHistory } from '../history.js';
export function podAccount(_history: PodHistory, _at: number, _context: Context): PodAccount { throw new Error(); }
