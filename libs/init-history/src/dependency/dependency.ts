/** What an init container waits for, and why that is believed. */

/**
 * `service`, `pod`, `host`: an address, by what its name is. `url`: an HTTP endpoint. `job`, `resource`: an object of the
 * cluster. `file`: on a volume. `migrations`: that somebody else runs. `unknown`: the spec says that it waits, and only a
 * part of for what.
 */
export const dependencyKinds = [
  'service',
  'pod',
  'host',
  'url',
  'job',
  'resource',
  'file',
  'migrations',
  'unknown',
] as const;
export type DependencyKind = (typeof dependencyKinds)[number];

/**
 * `certain`: the spec says it in so many words. `strong`: some of it is convention (a protocol's port, a Service's short
 * name), or it is a probe that the kubelet repeats. `weak`: a hint.
 */
export const confidences = ['certain', 'strong', 'weak'] as const;
export type Confidence = (typeof confidences)[number];

export type Dependency = Readonly<{
  kind: DependencyKind;
  /** As short as it is clear: `mydb:5432`, `mydb.other:5432`, `job migrate`. */
  target: string;
  /** The same for whoever waits for it in the cluster: `mydb.shop:5432`. Null where that cannot be told. */
  endpoint: string | null;
  port: number | null;
  protocol: string | null;
  confidence: Confidence;
  /** Name of the rule that read it. */
  rule: string;
  evidence: Readonly<{
    /** Where it stands: `command`, `args`, `env DB_HOST`, `image`, `name`, `message`. */
    source: string;
    /** What stands there, as it was kept, cut to 200 characters. */
    text: string;
    position: number | null;
  }>;
}>;

/** What an init container is for, as far as its spec tells. */
export const purposes = ['dependencyWait', 'migration', 'sleep'] as const;
export type Purpose = (typeof purposes)[number];

/** `a:1`, `a:1, b:2`, `a:1, b:2, c:3 and 2 more`; null of none. */
export function waitsForText(dependencies: readonly Dependency[]): string | null {
  const targets = [...new Set(dependencies.map(({ target }) => target))];
  if (targets.length === 0) return null;
  const shown = targets.slice(0, 3).join(', ');
  return targets.length > 3 ? `${shown} and ${targets.length - 3} more` : shown;
}
