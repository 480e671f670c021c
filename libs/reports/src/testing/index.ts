export { apiOn } from './api.js';
