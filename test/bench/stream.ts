import { randomUUID } from 'node:crypto';

import { frames, recordings } from '../recordings/reader.js';

/** Kubernetes pods of real clusters are larger than those of the recordings, for they have more in their environment. */
const POD_BYTES = 10_000;

/** The life of a recorded pod: the lines of its watch, cut where another pod's name, uid and resourceVersion have to stand. */
type Life = Readonly<{ lines: readonly Line[] }>;
type Line = Readonly<{ pieces: readonly string[]; slots: readonly Slot[] }>;
type Slot = 'uid' | 'name' | 'resourceVersion';

/** The JSON of a recorded object, as far as it is touched here. */
type Pod = {
  metadata: {
    uid: string;
    name: string;
    resourceVersion: string;
    creationTimestamp: string;
    ownerReferences?: unknown;
  };
  spec: { containers: { env?: unknown[] }[] };
};

/** Lives of recorded pods, which can be lived again by any number of others. */
export class Lives {
  private readonly lives: readonly Life[];

  private constructor(lives: readonly Life[]) {
    this.lives = lives;
  }

  /**
   * All pods of the recordings that were seen from their beginning, each padded to the size of pods in real clusters.
   *
   * @param beginning when each of them was created, epoch milliseconds; unless told, when it was
   */
  static recorded(beginning?: number): Lives {
    const lines = new Map<string, { type: string; object: Pod }[]>();
    for (const recording of recordings()) {
      for (const line of frames(recording)) {
        if (line.resource !== 'pods' || !('frame' in line)) continue;
        const frame = JSON.parse(line.frame) as { type: string; object: Pod };
        const uid = frame.object.metadata.uid;
        if (frame.type === 'ADDED' && !lines.has(uid)) lines.set(uid, []);
        lines.get(uid)?.push(frame);
      }
    }
    return new Lives([...lines.values()].map((life) => ({ lines: cutAll(life, beginning) })));
  }

  /**
   * The frames of `pods` lives, so many of them at a time and side by side, each a whole line. resourceVersions rise by one.
   *
   * @param from the resourceVersion before the first frame
   */
  *watch({ pods, atOnce, from }: { pods: number; atOnce: number; from: number }): Generator<string> {
    let resourceVersion = from;
    let begun = 0;
    let living: { uid: string; name: string; lines: readonly Line[]; at: number }[] = [];
    for (;;) {
      while (living.length < atOnce && begun < pods) {
        const { lines } = this.lives[begun % this.lives.length] as Life;
        living.push({ uid: randomUUID(), name: `pod-${begun}`, lines, at: 0 });
        begun += 1;
      }
      if (living.length === 0) return;
      for (const life of living) {
        resourceVersion += 1;
        yield `${spelled(life.lines[life.at] as Line, { ...life, resourceVersion: String(resourceVersion) })}\n`;
        life.at += 1;
      }
      living = living.filter(({ at, lines }) => at < lines.length);
    }
  }

  /** A pod as a list shows it once it has come to rest: the last that was recorded of it. */
  item(nth: number, resourceVersion: number): string {
    const { lines } = this.lives[nth % this.lives.length] as Life;
    const uid = `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;
    const line = spelled(lines.at(-1) as Line, { uid, name: `pod-${nth}`, resourceVersion: String(resourceVersion) });
    return line.slice(line.indexOf('"object":') + '"object":'.length, -1);
  }
}

/** A pod that nobody owns asks the API server for nobody: what is measured is its own stream. */
function cutAll(life: readonly { type: string; object: Pod }[], beginning?: number): Line[] {
  const first = life[0] as { object: Pod };
  const later = beginning === undefined ? 0 : beginning - Date.parse(first.object.metadata.creationTimestamp);
  const missing = Math.max(0, POD_BYTES - JSON.stringify(life.at(-1)).length);
  return life.map(({ type, object }) => {
    const { ownerReferences: _, ...metadata } = object.metadata;
    const [container, ...more] = object.spec.containers;
    const env = [...(container?.env ?? []), ...environment(missing)];
    const padded = { ...object, metadata, spec: { ...object.spec, containers: [{ ...container, env }, ...more] } };
    const { uid, name } = first.object.metadata;
    return cut(moved(JSON.stringify({ type, object: padded }), later), {
      uid,
      name,
      resourceVersion: metadata.resourceVersion,
    });
  });
}

/** All times in `text` that many milliseconds later; seconds are whole, as the API server writes them. */
function moved(text: string, milliseconds: number): string {
  if (milliseconds === 0) return text;
  return text.replaceAll(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z"/g, (_, time: string, fraction = '') => {
    const at = new Date(Math.floor((Date.parse(`${time}Z`) + milliseconds) / 1_000) * 1_000);
    return `"${at.toISOString().slice(0, 19)}${fraction}Z"`;
  });
}

function environment(bytes: number): { name: string; value: string }[] {
  return Array.from({ length: Math.floor(bytes / 70) }, (_, nth) => ({
    name: `SERVICE_${nth}_ADDRESS`,
    value: `service-${nth}.backend.svc.cluster.local:8080`,
  }));
}

function cut(text: string, known: Readonly<Record<Slot, string>>): Line {
  const slots: Slot[] = [];
  const pieces: string[] = [];
  const wanted = new RegExp(
    `(${known.uid})|"name":"(${known.name})"|"resourceVersion":"(${known.resourceVersion})"`,
    'g',
  );
  let at = 0;
  for (const found of text.matchAll(wanted)) {
    const value = found[1] ?? found[2] ?? found[3] ?? '';
    const slot: Slot = found[1] ? 'uid' : found[2] ? 'name' : 'resourceVersion';
    const start = found.index + found[0].lastIndexOf(value);
    pieces.push(text.slice(at, start));
    slots.push(slot);
    at = start + value.length;
  }
  return { pieces: [...pieces, text.slice(at)], slots };
}

function spelled({ pieces, slots }: Line, values: Readonly<Record<Slot, string>>): string {
  return pieces.reduce((text, piece, nth) => text + values[slots[nth - 1] as Slot] + piece);
}
