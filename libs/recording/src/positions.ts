import { compareResourceVersions } from '#libs/kubernetes';

/** Whether what has this resourceVersion has been seen by whoever stands at `than`. Of what cannot be compared nothing is said. */
export function isOld(resourceVersion: string, than: string | undefined): boolean {
  if (than === undefined) return false;
  const order = compareResourceVersions(resourceVersion, than);
  return order !== undefined && order <= 0;
}

/** Whether a server that says `now` has gone back behind `before`. */
export function isBack(now: string, before: string): boolean {
  return (compareResourceVersions(now, before) ?? 0) < 0;
}
