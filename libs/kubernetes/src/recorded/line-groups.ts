import type { RecordedLine } from './recorded-line.js';

type Of<What extends RecordedLine['what']> = RecordedLine & Readonly<{ what: What }>;

/** Lines that are shown together: the frames of one resource that were received together, or one other line. */
export type LineGroup = Readonly<{ receivedAt: number; resource: string; namespace: string | null }> &
  Readonly<
    | { what: 'frame'; lines: readonly Of<'frame'>[] }
    | { what: 'list'; lines: readonly [Of<'list'>] }
    | { what: 'closed'; lines: readonly [Of<'closed'>] }
  >;

const mostLines = 500;

/**
 * Groups lines as they were received. Of what is still being written, what is there is not kept waiting for what may belong to it.
 *
 * @param waiting told of each wait for more lines
 */
export async function* lineGroups(
  source: AsyncGenerator<readonly RecordedLine[]>,
  isLive: boolean,
  waiting: <Next>(next: Promise<Next>) => Promise<Next>,
): AsyncGenerator<LineGroup> {
  const grouping = new Grouping();
  try {
    for (let next = await waiting(source.next()); !next.done; next = await waiting(source.next())) {
      for (const line of next.value) yield* grouping.add(line);
      if (isLive) yield* grouping.take();
    }
  } catch (error) {
    // What stands before a line that cannot be read is true.
    yield* grouping.take();
    throw error;
  } finally {
    await source.return(undefined);
  }
  yield* grouping.take();
}

class Grouping {
  private frames: Of<'frame'>[] = [];

  /** The groups that a line completes. */
  *add(line: RecordedLine): Generator<LineGroup> {
    if (!this.takesAlong(line)) yield* this.take();
    const { receivedAt, resource, namespace } = line;
    const of = { receivedAt, resource, namespace };
    if (line.what === 'frame') this.frames.push(line);
    else if (line.what === 'list') yield { ...of, what: 'list', lines: [line] };
    else yield { ...of, what: 'closed', lines: [line] };
  }

  *take(): Generator<LineGroup> {
    const lines = this.frames;
    const [first] = lines;
    if (!first) return;
    this.frames = [];
    const { receivedAt, resource, namespace } = first;
    yield { receivedAt, resource, namespace, what: 'frame', lines };
  }

  private takesAlong({ what, resource, namespace, receivedAt }: RecordedLine): boolean {
    const [first] = this.frames;
    if (what !== 'frame' || this.frames.length >= mostLines) return false;
    return first?.resource === resource && first.namespace === namespace && first.receivedAt === receivedAt;
  }
}
