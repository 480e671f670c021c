/** What an image runs when it is given arguments alone, or nothing. */

/** Image names, without registry and tag, and the program that they are. */
const programs: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)k8s-wait-for$/, 'k8s-wait-for'],
  [/(?:^|\/)kubernetes-entrypoint$/, 'kubernetes-entrypoint'],
  [/(?:^|\/)dockerize$/, 'dockerize'],
  [/(?:^|\/)wait4x$/, 'wait4x'],
  [/(?:^|\/)wait-for-it$/, 'wait-for-it'],
  [/(?:^|\/)wait-for$/, 'wait-for'],
  [/(?:^|\/)wait-for-dependencies$/, 'wait-for'],
  [/(?:^|\/)depends-on$/, 'depends-on'],
  [/^(?:dokku|waisbrot|ghcr\.io\/ufoscout)\/(?:docker-compose-)?wait$/, 'wait'],
  [/(?:^|\/)kubectl$/, 'kubectl'],
  [/(?:^|\/)curl$/, 'curl'],
  [/(?:^|\/)flyway$/, 'flyway'],
  [/(?:^|\/)liquibase$/, 'liquibase'],
  [/^migrate\/migrate$/, 'migrate'],
  [/(?:^|\/)dbmate$/, 'dbmate'],
  [/(?:^|\/)atlas$/, 'atlas'],
];

/** Those that do nothing but wait, whatever they are told. */
const waiting: ReadonlySet<string> = new Set([
  'k8s-wait-for',
  'kubernetes-entrypoint',
  'wait4x',
  'wait-for-it',
  'wait-for',
  'depends-on',
  'wait',
]);

/** The image's name without tag and digest. */
export const repositoryOf = (image: string): string => (image.split('@')[0] ?? '').replace(/:[^/:]*$/, '');

/** The program that an image is known to be; null of any other image. */
export function programOf(image: string): string | null {
  const repository = repositoryOf(image).replace(/^(?:[\w.-]+\.[\w.-]+(?::\d+)?|localhost(?::\d+)?)\//, '');
  return programs.find(([pattern]) => pattern.test(repository))?.[1] ?? null;
}

export const onlyWaits = (program: string): boolean => waiting.has(program);
