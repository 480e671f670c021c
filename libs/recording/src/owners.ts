import { isKubernetesError, nodes } from '#libs/kubernetes';
import type { Cluster, KubernetesObject, OwnerReference } from '#libs/kubernetes';
import { observe, ownerObserved, reduceOwner, subjectStream } from './reducing/index.js';
import type { Draft, KnownParts, Masking, Source } from './reducing/index.js';
import type { MakeDrafts } from './watched.js';
import type { RecordingWriter } from './write-recording.js';

/** What looking at owners needs. */
export type OwnersNeeds = Readonly<{
  cluster: Pick<Cluster, 'findResource' | 'get'>;
  masking: Masking;
  known: KnownParts;
  /** Told when a kind of owner may be read, and when it may not. */
  readable?: (resource: string, may: boolean) => void;
  /** What is read is written into a recording as well. */
  recording?: RecordingWriter | undefined;
}>;

/** An owner that was read. */
type Read = Readonly<{ owner: Named; object: KubernetesObject }>;
type Named = OwnerReference & Readonly<{ namespace: string | undefined }>;

/** While an owner was looked at so recently, another new pod of it is no reason to look again. */
const freshMs = 30_000;
/** After a refusal, and after an owner was not there, it is asked for again this late. */
const patienceMs = 60_000;
const atOnce = 16;
/** A chain has two or three links; a ring must end as well. */
const longestChain = 8;
const mostRemembered = 50_000;

/**
 * The owners of pods: read when a new pod names them, upward to the top as far as rights reach, as metadata only. They are not
 * watched: what matters of them (template hash, revision, who owns them) matters when a pod begins.
 */
export class Owners {
  /** When each owner was last read, and what owns it; insertion order is age. */
  private readonly seen = new Map<string, { at: number; parent: Named | undefined }>();
  private readonly refused = new Map<string, number>();

  constructor(private readonly needs: OwnersNeeds) {}

  /** What is to be recorded of the owners of these pods: parents before children. An owner that cannot be read delays nothing. */
  async look(pods: readonly KubernetesObject[], source: Source): Promise<MakeDrafts> {
    let wanted = unique(pods.flatMap((pod) => controllerOf(pod, pod.metadata.namespace) ?? []));
    const levels: (readonly Read[])[] = [];
    for (let depth = 0; wanted.length > 0 && depth < longestChain; depth += 1) {
      levels.unshift(
        await this.read(
          wanted.filter((owner) => !this.isFresh(owner, source)),
          source,
        ),
      );
      wanted = unique(wanted.flatMap(({ uid }) => this.seen.get(uid)?.parent ?? []));
    }
    return () => levels.flat().flatMap((read) => this.record(read, source));
  }

  private isFresh({ uid }: Named, source: Source): boolean {
    const last = this.seen.get(uid);
    return last !== undefined && timeOf(source) - last.at < freshMs;
  }

  private async read(owners: readonly Named[], source: Source): Promise<readonly Read[]> {
    const read: Read[] = [];
    const waiting = [...owners];
    const worker = async () => {
      for (let owner = waiting.shift(); owner; owner = waiting.shift())
        read.push(...(await this.readOne(owner, source)));
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, owners.length) }, worker));
    return read;
  }

  private async readOne(owner: Named, source: Source): Promise<readonly Read[]> {
    const kind = `${owner.apiVersion}/${owner.kind}`;
    const now = timeOf(source);
    if ((this.refused.get(kind) ?? 0) > now || (this.refused.get(owner.uid) ?? 0) > now) return [];
    try {
      const object = await this.fetch(owner, source);
      if (object?.metadata.uid !== owner.uid) {
        this.refuse(owner.uid, now);
        return [];
      }
      this.seen.delete(owner.uid);
      this.seen.set(owner.uid, { at: now, parent: controllerOf(object, object.metadata.namespace) });
      return [{ owner, object }];
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
      this.refuse(error.reason === 'forbidden' ? kind : owner.uid, now);
      return [];
    }
  }

  private async fetch(
    { apiVersion, kind, name, namespace }: Named,
    { receivedAt }: Source,
  ): Promise<KubernetesObject | undefined> {
    const resource = await this.needs.cluster.findResource(apiVersion, kind);
    if (!resource) return undefined;
    try {
      const object = await this.needs.cluster.get(
        resource,
        name,
        resource.namespaced && namespace ? { namespace } : {},
      );
      this.needs.readable?.(resource.name, true);
      this.needs.recording?.object({ resource, namespace: null }, receivedAt, object);
      return object;
    } catch (error) {
      if (isKubernetesError(error, 'forbidden')) this.needs.readable?.(resource.name, false);
      if (isKubernetesError(error, 'notFound')) return undefined;
      throw error;
    }
  }

  private record({ owner, object }: Read, source: Source): readonly Draft[] {
    const { known, masking } = this.needs;
    const forgotten = forgetOldest(this.seen);
    if (forgotten !== undefined) known.delete(subjectStream(forgotten));
    const { apiVersion, kind } = owner;
    const reduced = reduceOwner(object, { apiVersion, kind }, masking);
    const stream = subjectStream(reduced.uid);
    const change = observe(known.get(stream), reduced);
    if (!change) return [];
    known.set(stream, change.known);
    return [ownerObserved(source, reduced, change, false)];
  }

  private refuse(what: string, now: number): void {
    this.refused.set(what, now + patienceMs);
    forgetOldest(this.refused);
  }
}

/** When the pods were shown that name an owner: by the clock of whoever watched. */
const timeOf = ({ receivedAt }: Source) => Date.parse(receivedAt);

function forgetOldest(remembered: Map<string, unknown>): string | undefined {
  if (remembered.size <= mostRemembered) return undefined;
  const [oldest] = remembered.keys();
  if (oldest !== undefined) remembered.delete(oldest);
  return oldest;
}

/** The one owner that controls an object. A static pod's is its node, which is watched already. */
function controllerOf({ metadata }: KubernetesObject, namespace: string | undefined): Named | undefined {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller);
  if (!controller || (controller.kind === nodes.kind && controller.apiVersion === nodes.apiVersion)) return undefined;
  return { ...controller, namespace };
}

function unique(owners: readonly Named[]): Named[] {
  return [...new Map(owners.map((owner) => [owner.uid, owner])).values()];
}
