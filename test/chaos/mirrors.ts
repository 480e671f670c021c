/** Mirror pods: a static pod lives on while its mirror is deleted and made again, each time under another uid (semantics 2.8). */
import type { Json } from '../e2e/service.js';
import { developed, type Pictures } from './pictures.js';

export class Mirrors {
  /** By static pod, in the order in which they came. */
  private readonly byStatic = new Map<string, string[]>();
  private readonly statics = new Map<string, string>();

  constructor(pictures: Pictures) {
    for (const [first] of pictures.of('pods').toSorted(([a], [b]) => a!.revision - b!.revision)) {
      const { uid, mirrorOf } = developed(first!);
      if (mirrorOf === null) continue;
      this.statics.set(uid, mirrorOf);
      this.byStatic.set(mirrorOf, [...(this.byStatic.get(mirrorOf) ?? []), uid]);
    }
  }

  /** The uid that the runtime knows a pod by. */
  runtimeUidOf(pod: string): string {
    return this.statics.get(pod) ?? pod;
  }

  /** The pods that stand for what the runtime knows by this uid. */
  of(runtimeUid: string): readonly string[] {
    return this.byStatic.get(runtimeUid) ?? [runtimeUid];
  }

  has(pod: string): boolean {
    return this.statics.has(pod);
  }

  /** Pods side by side of which no two stand for the same, for mirrors of one static pod show the same containers; by how many came before. */
  apart(pods: readonly Json[]): ReadonlyMap<number, readonly Json[]> {
    return Map.groupBy(pods, ({ uid }) => this.before(uid));
  }

  /** How many mirrors of the same static pod came before this one. */
  private before(pod: string): number {
    return this.of(this.runtimeUidOf(pod)).indexOf(pod);
  }
}
