import type { ProposedDivision, SlicesBy } from '#libs/event-store';
import { cutRanges, isKubernetesError, namespaces } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';

/**
 * How a cluster should be divided into slices if that is not decided yet: by ranges where somebody insists on it, or where the API
 * server can divide by them, and who may see the namespaces can cut them evenly; else by a hash.
 *
 * @throws KubernetesError when the cluster does not answer
 */
export async function proposeDivision(
  cluster: Cluster,
  { of }: Readonly<{ of: number }>,
  demanded: SlicesBy | undefined,
): Promise<ProposedDivision> {
  if (demanded === 'hash') return { demanded };
  if (demanded === undefined && !(await cluster.divides())) return {};
  const names = await namespaceNames(cluster);
  if (names) return { cuts: cutRanges(names, of), demanded };
  return demanded === undefined ? {} : { cuts: cutRanges([], of), demanded };
}

/** Undefined where they may not be listed. */
async function namespaceNames(cluster: Cluster): Promise<readonly string[] | undefined> {
  const names = new Set<string>();
  try {
    for await (const { items } of cluster.list(namespaces, { metadataOnly: true }))
      for (const { metadata } of items) names.add(metadata.name);
  } catch (error) {
    if (isKubernetesError(error, 'forbidden')) return undefined;
    throw error;
  }
  return [...names];
}
