export { LogTails, type TailOutcome } from './log-tails.js';
export { TailLedger, type SavedTails } from './tail-ledger.js';
