export { someIdentity, someNotification } from './notifications.js';
export { seenShard, stand, type StandingPod } from './stuck-pods.js';
