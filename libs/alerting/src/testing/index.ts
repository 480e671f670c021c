export { seenShard, stand, type StandingPod } from './stuck-pods.js';
