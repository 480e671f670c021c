/** What happens in a campaign, and when: all of it drawn from one seed. */
import { Chance } from './chance.js';
import type { Ground } from './containers.js';
import { livesOf, type Life } from './lives.js';

/** What happens to the watch, the recorder or the node, `at` seconds from the beginning, `seconds` long where it has a length. */
export type Disruption = Readonly<{ at: number; kind: DisruptionKind; seconds: number }>;

/** Of each disruption, what is needed for it, and how often it is drawn. */
const disruptions = {
  /** Every connection between recorder and API server is cut, and none is made for a while. */
  'cut-wire': { needs: 'wire', weight: 3 },
  /** The recorder gets nothing for a while, over connections that stay open. */
  'stall-wire': { needs: 'wire', weight: 2 },
  /** kill -9 of the service; it is started again afterwards. */
  'kill-service': { needs: 'service', weight: 4 },
  'api-restart': { needs: 'cluster', weight: 2 },
  'api-kill': { needs: 'cluster', weight: 2 },
  /** History is forgotten while the recorder is cut off: 410 Gone when it comes back. */
  'api-compact': { needs: 'cluster', weight: 3 },
  'kubelet-down': { needs: 'cluster', weight: 2 },
  reboot: { needs: 'cluster', weight: 1 },
} as const;

export type DisruptionKind = keyof typeof disruptions;
export const disruptionKinds = Object.keys(disruptions) as DisruptionKind[];

export type Plan = Readonly<{
  seed: number;
  seconds: number;
  lives: readonly Life[];
  disruptions: readonly Disruption[];
}>;

export type Wanted = Readonly<{
  seed: number;
  /** Workloads and pods that are created. */
  lives: number;
  /** From the first creation to the end. */
  seconds: number;
  /** How many disruptions, of which kinds. */
  disruptions: number;
  kinds: readonly DisruptionKind[];
}>;

/** Lives begin in the first half, so that there is time to see what becomes of them; disruptions are spread over all of it. */
export function planOf(wanted: Wanted, ground: Ground): Plan {
  const { seed, seconds } = wanted;
  const chance = new Chance(seed);
  const ofLives = chance.branch();
  const lives = Array.from({ length: wanted.lives }, (_, i) =>
    livesOf(ofLives.branch(), ground, `life-${i}`, Math.floor((i * seconds) / 2 / wanted.lives)),
  ).flat();
  return { seed, seconds, lives, disruptions: disrupted(chance.branch(), wanted) };
}

/** One after another, with time to recover in between. */
function disrupted(chance: Chance, { seconds, disruptions: count, kinds }: Wanted): readonly Disruption[] {
  const weights = Object.fromEntries(kinds.map((kind) => [kind, disruptions[kind].weight])) as Record<
    DisruptionKind,
    number
  >;
  const [begin, end] = [15, seconds - 30];
  const room = (end - begin) / Math.max(1, count);
  return Array.from({ length: kinds.length === 0 ? 0 : count }, (_, i) => ({
    at: Math.round(begin + i * room + chance.next() * room * 0.4),
    kind: chance.among(weights),
    seconds: chance.whole(1, Math.max(2, Math.min(12, Math.floor(room * 0.4)))),
  }));
}
