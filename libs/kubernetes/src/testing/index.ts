export { answerJson, scriptedServer, status, writeKubeconfig } from './scripted-server.js';
export type { Answer, ScriptedServer } from './scripted-server.js';
