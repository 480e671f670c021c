import type { Metrics, Settings } from '#libs/platform';

import type { Sealing } from './checkpointer.js';
import { CheckpointsFile, checkpointsFileOf } from './checkpoints-file.js';
import { readLedgerKeys } from './ledger-key.js';

type SealingSettings = Pick<Settings, 'ledgerKeyFile' | 'checkpointsFile' | 'data'>;

/**
 * What the logs of this process are sealed with: the keys and the file of the settings, and metrics of it.
 *
 * @throws AuditError `ledger-key-invalid`
 */
export async function sealingOf(settings: SealingSettings, metrics: Metrics): Promise<Sealing> {
  const sealed = metrics.gauge({
    name: 'initledger_checkpoint_size',
    help: 'Events that the newest checkpoint covers',
    labels: ['log'],
  });
  const failures = metrics.counter({
    name: 'initledger_checkpoint_failures_total',
    help: 'Checkpoints that could not be published, by where',
    labels: ['where'],
  });
  const fenced = metrics.counter({
    name: 'initledger_log_writer_fenced_total',
    help: 'Times that a writer of this process lost its log to another: after the start of a second recorder, or a pause that outlasted the lease',
    labels: ['log'],
  });
  return {
    keys: await readLedgerKeys(settings),
    file: new CheckpointsFile(checkpointsFileOf(settings)),
    sealed: (log, size) => sealed.set({ log }, size),
    failed: (where) => failures.inc({ where }),
    fenced: (log) => fenced.inc({ log }),
  };
}
