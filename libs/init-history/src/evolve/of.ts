import type { Happening } from '../happenings.js';

/** The happening of one type. */
export type Of<Type extends Happening['type']> = Extract<Happening, { type: Type }>;

/** The position of the look that told it. */
export const positionOf = (happening: Happening): number => happening.evidence.at(-1) ?? 0;
