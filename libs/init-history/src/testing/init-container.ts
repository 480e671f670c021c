/** Init containers as specs declare them, and what is read of their dependencies. */
import { readView } from '../read-view.js';
import { readSpec, type ReadSpec } from '../dependency/read-spec.js';

export type Spec = Readonly<Record<string, unknown>>;

/** What is read of a container of a pod in `shop`. */
export const read = (spec: Spec, namespace = 'shop'): ReadSpec => {
  const named = { name: 'step', ...spec };
  const [one] = readView({ [`spec.initContainer.${named.name}`]: named }).initContainers;
  if (!one) throw new Error('no container');
  return readSpec(one, namespace, 7);
};

export const sh = (script: string, more: Spec = {}): Spec => ({
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...more,
});
export const env = (values: Readonly<Record<string, unknown>>): Spec => ({
  env: Object.entries(values).map(([name, value]) => (value === undefined ? { name } : { name, value })),
});
/** A value that was not kept. */
export const masked = { masked: 'hmac:abc' };

/** Each target with its kind, and its confidence where it is not certain. */
export const told = (spec: Spec): readonly string[] =>
  read(spec).dependencies.map(({ kind, target, confidence }) =>
    [kind, target, ...(confidence === 'certain' ? [] : [confidence])].join(' '),
  );
