import { Random } from './random.js';

/** What a registry says of an image. */
export type Image = Readonly<{ exists: boolean; pullMs: number; sizeBytes: number; digest: string }>;

const known: Record<string, Partial<Image>> = {
  'busybox:1.28': {
    pullMs: 130,
    sizeBytes: 2_130_515,
    digest: '76c1c537301794f3ec1c50ca2a20f1cf94df58a55058d49b8be7a9a46dc79a66',
  },
  'nginx:1.27': {
    pullMs: 377,
    sizeBytes: 44_084_107,
    digest: '07d24f6ea98ca2f290333ed8ae2377cb15a5cbc73807f25c6bc2e627813286bf',
  },
  'heavy:1': {
    pullMs: 2534,
    sizeBytes: 211_856_198,
    digest: 'd873a6e7731aa33fd871b0699d30d95205e88d862512cd423ea6df32c89fc163',
  },
  'heavy:2': {
    pullMs: 2390,
    sizeBytes: 211_856_198,
    digest: 'cf85b458b3e305bbc9929bb9575a7a606576b90d8d69592d17f720cd1e2237f5',
  },
  'redis:7': {
    pullMs: 260,
    sizeBytes: 7_383_891,
    digest: 'd21dbe3e6c2158fea5fd8fe32129c6e1354b3cb6715aed10dcbfcae46ea4172d',
  },
};

const withoutRegistry = (image: string): string => image.split('/').at(-1) ?? image;
const withoutTag = (image: string): string => image.replace(/:[^/:]*$/, '');

/** The image under this name. Tags that begin with `no-such` do not exist; the size and the time of others follow from their name. */
export function lookUp(image: string): Image {
  const random = new Random(7).branch(image);
  const sizeBytes = Math.round(random.between(3e6, 180e6));
  const pullMs = Math.round(300 + sizeBytes / 40_000);
  return {
    exists: !/:no-such/.test(image),
    pullMs,
    sizeBytes,
    digest: random.identities.hex(64),
    ...known[withoutRegistry(image)],
  };
}

/** `imageID` as containerd tells it. */
export const imageIdOf = (image: string): string => `${withoutTag(image)}@sha256:${lookUp(image).digest}`;

/** What a node holds from the beginning, unless told otherwise: the image that nearly all scenarios use. */
export const usualImages: readonly string[] = ['127.0.0.1:5000/busybox:1.28'];

/** The images that one node holds. It pulls one at a time (`serializeImagePulls`). */
export class NodeImages {
  private readonly present: Set<string>;
  private freeAt = 0;

  /** @param there the images that it has from the beginning */
  constructor(there: readonly string[]) {
    this.present = new Set(there);
  }

  /** Takes the next turn for a pull of so many milliseconds; gives how long that turn is away. */
  queue(pullMs: number, now: number): number {
    const waitMs = Math.max(0, this.freeAt - now);
    this.freeAt = now + waitMs + pullMs;
    return waitMs;
  }

  has(image: string): boolean {
    return this.present.has(image);
  }

  add(image: string): void {
    this.present.add(image);
  }
}

/** What containerd says of an image that is not there. */
export const notFound = (image: string): string =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

/** Why an image's name is none, in the kubelet's words; `undefined` if it is one. Only capital letters are looked for. */
export function invalidNameOf(image: string): string | undefined {
  const repository = /^(?:[^/]*[.:][^/]*\/)?([^:@]*)/.exec(image)?.[1] ?? '';
  if (repository === repository.toLowerCase()) return undefined;
  const why = `invalid reference format: repository name (${repository}) must be lowercase`;
  return `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${why}`;
}
