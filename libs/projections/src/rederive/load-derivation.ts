import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { AuditError } from '#libs/platform';
import type { Derivation } from '../pod-inits/pod-fold.js';

/** What a folder may hold of it: a build of this project, its lib, or the module itself. */
const indexes = ['index.js', 'src/index.js', 'dist/libs/init-history/src/index.js', 'libs/init-history/src/index.js'];

/**
 * The rules of another version: a module that exports what `#libs/init-history` does, or a folder with a build of this project.
 *
 * @throws AuditError `rules-unusable`
 */
export async function loadDerivation(given: string): Promise<Derivation> {
  const file = await moduleAt(path.resolve(given));
  let loaded: Partial<Derivation>;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Partial<Derivation>;
  } catch (error) {
    throw unusable(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const { RULES, nothingKnown, advance, podAccount, storedHistory } = loaded;
  const missing = Object.entries({ RULES, nothingKnown, advance, podAccount }).filter(
    ([, value]) => value === undefined,
  );
  if (RULES === undefined || nothingKnown === undefined || advance === undefined || podAccount === undefined) {
    throw unusable(`${file} does not export ${missing.map(([name]) => name).join(', ')}`);
  }
  return { RULES, nothingKnown, advance, podAccount, storedHistory };
}

async function moduleAt(given: string): Promise<string> {
  const found = await stat(given).catch(() => undefined);
  if (!found) throw unusable(`there is no ${given}`);
  if (!found.isDirectory()) return given;
  for (const index of indexes) {
    const file = path.join(given, index);
    if (await stat(file).catch(() => undefined)) return file;
  }
  throw unusable(`${given} holds no build of these rules`);
}

const unusable = (why: string, cause?: unknown): AuditError =>
  new AuditError('rules-unusable', `These rules cannot be used: ${why}.`, {
    cause,
    remedy: 'Name a folder in which `npm run build` was run, or the module libs/init-history/src/index.js of it.',
  });
