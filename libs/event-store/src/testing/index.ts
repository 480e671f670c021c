export { someEvent, someEvents, someShard } from './events.js';
export { audited } from './verifier.js';
export { Weeks } from './weeks.js';
