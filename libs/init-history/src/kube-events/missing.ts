import type { MissingObject } from './parsed-event.js';

const kinds: Readonly<Record<string, MissingObject['kind']>> = {
  configmap: 'ConfigMap',
  secret: 'Secret',
  persistentvolumeclaim: 'PersistentVolumeClaim',
};

const kindOf = (word: string | undefined): MissingObject['kind'] | undefined => kinds[(word ?? '').toLowerCase()];

/** `secret "keys" not found`, `configmap "settings" not found`, `persistentvolumeclaim "data" not found`. */
const notFound = /\b(configmap|secret|persistentvolumeclaim) "([^"]+)" not found/i;
const keyNotFound = /couldn't find key (\S+) in (ConfigMap|Secret) (?:[^/\s]+\/)?(\S+)/;
const claimUnfetched = /error processing PVC (?:[^/\s]+\/)?([^\s:]+): failed to fetch PVC/;

/** The object, or the key in it, that a message says is not there; null where it names none. */
export function missingIn(message: string): MissingObject | null {
  const [, word, name] = notFound.exec(message) ?? [];
  const kind = kindOf(word);
  if (kind && name !== undefined) return { kind, name, key: null };
  const [, key, owner, of] = keyNotFound.exec(message) ?? [];
  const ownerKind = kindOf(owner);
  if (ownerKind && of !== undefined && key !== undefined) return { kind: ownerKind, name: of, key };
  const claim = claimUnfetched.exec(message)?.[1];
  return claim === undefined ? null : { kind: 'PersistentVolumeClaim', name: claim, key: null };
}
