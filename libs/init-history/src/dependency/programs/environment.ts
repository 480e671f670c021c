/** Variables by which waiting programs are told what to wait for. */
import type { Confidence } from '../dependency.js';
import type { EnvironmentVariable } from '../../pod-view.js';
import { target, type Asked } from './asked.js';

export type EnvironmentAsked = Readonly<{ asked: Asked; confidence: Confidence; variable: string; text: string }>;

const kindsOf: Readonly<Record<string, 'service' | 'job' | 'pod' | 'resource'>> = {
  DEPENDENCY_SERVICE: 'service',
  DEPENDENCY_JOBS: 'job',
  DEPENDENCY_DAEMONSET: 'resource',
};

/** Variables that hold addresses, of images made for waiting. */
const addresses = /^(?:WAIT_HOSTS|WAIT_FOR|WAIT_SERVICES?|TARGETS|WAIT_PATHS)$/;

/**
 * kubernetes-entrypoint's `DEPENDENCY_SERVICE=[NAMESPACE:]NAME,…` and its kin, and the `WAIT_HOSTS` of others. A list is no
 * literal that is kept; then it is known that the container waits, and not for what.
 *
 * @param image the program that the image is known to be
 */
export function environmentAsked(
  env: readonly EnvironmentVariable[],
  image: string | null,
): readonly EnvironmentAsked[] {
  return env.flatMap(({ name, value }) => {
    const kind = Object.hasOwn(kindsOf, name) ? kindsOf[name] : undefined;
    if (kind !== undefined) return objects(name, kind, value);
    if (!addresses.test(name) || (image !== 'wait' && !name.startsWith('WAIT_')) || value === null) return [];
    return value.split(',').map((one): EnvironmentAsked => ({
      asked: { what: target(one.trim()), protocol: null, rule: 'wait-variable', as: 'waits' },
      confidence: 'strong',
      variable: name,
      text: value,
    }));
  });
}

function objects(
  variable: string,
  kind: 'service' | 'job' | 'pod' | 'resource',
  value: string | null,
): readonly EnvironmentAsked[] {
  const rule = 'kubernetes-entrypoint';
  if (value === null) {
    const what = { kind, name: `$${variable}`, namespace: null };
    return [{ asked: { what, protocol: null, rule, as: 'waits' }, confidence: 'weak', variable, text: '' }];
  }
  return value.split(',').map((one): EnvironmentAsked => {
    const [first = '', second] = one.trim().split(':');
    const [namespace, name] = second === undefined ? [null, first] : [first, second];
    const what = { kind, name: kind === 'resource' ? `daemonset/${name}` : name, namespace };
    return { asked: { what, protocol: null, rule, as: 'waits' }, confidence: 'certain', variable, text: value };
  });
}
