export { apiOn } from './api.js';
export { Scene, sceneNow, surroundings, usual } from './scene.js';
