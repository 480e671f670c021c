type Kept<Value> = Readonly<{ value: Promise<Value>; until: number }>;

/** Remembers answers for a short time, a bounded number of them; what failed is not remembered. */
export class ShortMemory<Value> {
  private readonly kept = new Map<string, Kept<Value>>();

  constructor(
    private readonly forMs: number,
    private readonly atMost: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** The answer to `question`: a remembered one, one that is on its way, or what `ask` says. */
  get(question: string, ask: () => Promise<Value>): Promise<Value> {
    const known = this.kept.get(question);
    if (known && known.until > this.now()) return known.value;

    const value = ask();
    this.kept.delete(question);
    this.kept.set(question, { value, until: this.now() + this.forMs });
    value.catch(() => this.kept.delete(question));
    const oldest = this.kept.keys().next();
    if (this.kept.size > this.atMost && !oldest.done) this.kept.delete(oldest.value);
    return value;
  }
}
