export { Keeper } from './keeper.js';
export { KeptStates } from './kept-states.js';
export type { Piece } from './pieces.js';
