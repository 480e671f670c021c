export { someEvent, someEvents, someShard } from './events.js';
