export type { Access } from './access.js';
export { AccessModule, CurrentViewer, viewerOf } from './access.module.js';
export { audience } from './kubernetes-access.js';
export { holdsIn, scopeKey, seesAll, type Scope, type Viewer } from './viewer.js';
