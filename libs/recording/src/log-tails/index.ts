export { LogTails, type TailOutcome } from './log-tails.js';
export { TailLedger } from './tail-ledger.js';
