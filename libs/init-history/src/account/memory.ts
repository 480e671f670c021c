/**
 * Remembers what was told last of something that never changes, and all else that it was told by: where that is the same, so is what is told, and
 * it is the same object. So most of an account need not be told again at each observation, nor held against the one before. Disposable.
 */
export class Memory<Of extends object, Told> {
  readonly #known = new WeakMap<Of, Map<string, Readonly<{ by: readonly unknown[]; told: Told }>>>();

  /** What was told of `of`, of the part of it that has this name; undefined where that was by anything else than `by`, thing by thing. */
  recall(of: Of, name: string, by: readonly unknown[]): Told | undefined {
    const last = this.#known.get(of)?.get(name);
    return last && areSame(last.by, by) ? last.told : undefined;
  }

  /** Remembers it in the place of what was told before. */
  keep(of: Of, name: string, by: readonly unknown[], told: Told): Told {
    const known = this.#known.get(of);
    if (known) known.set(name, { by, told });
    else this.#known.set(of, new Map([[name, { by, told }]]));
    return told;
  }
}

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return true;
}
