import { Random } from './random.js';

/** What a registry says of an image. */
export type Image = Readonly<{ exists: boolean; pullMs: number; sizeBytes: number; digest: string }>;

const known: Record<string, Partial<Image> & { onNode?: boolean }> = {
  'busybox:1.28': { onNode: true, digest: '76c1c537301794f3ec1c50ca2a20f1cf94df58a55058d49b8be7a9a46dc79a66' },
  'nginx:1.27': {
    pullMs: 377,
    sizeBytes: 44_084_107,
    digest: '07d24f6ea98ca2f290333ed8ae2377cb15a5cbc73807f25c6bc2e627813286bf',
  },
  'heavy:1': { pullMs: 2534, sizeBytes: 211_856_198 },
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
  const { onNode: _, ...told } = known[withoutRegistry(image)] ?? {};
  return { exists: !/:no-such/.test(image), pullMs, sizeBytes, digest: random.identities.hex(64), ...told };
}

/** `imageID` as containerd tells it. */
export const imageIdOf = (image: string): string => `${withoutTag(image)}@sha256:${lookUp(image).digest}`;

/** The images that one node holds. */
export class NodeImages {
  private readonly present = new Set<string>();

  has(image: string): boolean {
    return this.present.has(image) || known[withoutRegistry(image)]?.onNode === true;
  }

  add(image: string): void {
    this.present.add(image);
  }
}

/** What containerd says of an image that is not there. */
export const notFound = (image: string): string =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
