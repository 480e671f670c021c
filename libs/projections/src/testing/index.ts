export { account, cycle } from './accounts.js';
export { anyLog } from './any-log.js';
export { keeperOf, projectionAs, type AsRules } from './keepers.js';
export { readModelTables } from '../pod-inits/batch-tables.js';
export { Ledger, type Seen } from './ledger.js';
export { seenIn, seenOfCluster } from './recorded.js';
export {
  deploymentSeen,
  eventSeen,
  gapSeen,
  listSeen,
  nodeBooted,
  goodStart,
  initBacksOff,
  initEnds,
  initRuns,
  logSeen,
  namespaceSeen,
  newPod,
  nodeSeen,
  podGone,
  podSeen,
  replicaSetSeen,
  time,
  uid,
  withParts,
} from './seen.js';
