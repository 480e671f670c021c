import { KubernetesError } from './kubernetes-error.js';
import { pathOf, pods } from './resources.js';
import type { Body, Door } from './transport.js';

/** Which log, and how much of its end. */
export type PodLogChoice = Readonly<{
  namespace: string;
  pod: string;
  container: string;
  /** The instance before the one that the container's state is about. */
  previous: boolean;
  /** Lines from the end. */
  tailLines: number;
  /** More bytes than this are not read: then fewer lines are asked for, since the server cuts the end off. */
  mostBytes: number;
  signal?: AbortSignal | undefined;
}>;

/** A line of a log and when the runtime took it, by the node's clock; null where it does not say. */
export type LogLine = Readonly<{ at: string | null; text: string }>;

/** The end of a log. */
export type PodLog = Readonly<{
  lines: readonly LogLine[];
  /** There is more: lines before these, or the end of a last line that is longer than what may be read. */
  isCut: boolean;
}>;

/**
 * Reads the end of a container's log. `limitBytes` keeps the beginning of the lines that were asked for (`k/k:pkg/kubelet/kuberuntime/logs`),
 * so that where they are too many bytes half as many lines are asked for, down to the last one.
 *
 * @throws KubernetesError `invalid` or `notFound` where there is no such instance, `forbidden` without `get pods/log`
 */
export async function podLog(transport: Door, choice: PodLogChoice): Promise<PodLog> {
  for (let wanted = choice.tailLines; ; wanted = Math.floor(wanted / 2)) {
    // One more than is wanted tells whether there are more.
    const text = await readTail(transport, choice, wanted + 1);
    const isWhole = text.byteLength < choice.mostBytes;
    if (!isWhole && wanted > 1) continue;
    const lines = linesOf(text.toString('utf8'));
    return { lines: lines.slice(-wanted), isCut: !isWhole || wanted < choice.tailLines || lines.length > wanted };
  }
}

async function readTail(transport: Door, choice: PodLogChoice, lines: number): Promise<Buffer> {
  const { namespace, pod, container, previous, mostBytes, signal } = choice;
  const query = new URLSearchParams({ container, timestamps: 'true', tailLines: String(lines) });
  query.set('limitBytes', String(mostBytes));
  if (previous) query.set('previous', 'true');
  const path = `${pathOf(pods, namespace)}/${encodeURIComponent(pod)}/log?${query.toString()}`;
  return whole(await transport.open(path, { accept: '*/*', signal }), path);
}

async function whole(body: Body, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (cause) {
    throw new KubernetesError('broken', `The log at ${path} was cut short`, { cause });
  }
  return Buffer.concat(chunks);
}

const stamped = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

function linesOf(text: string): readonly LogLine[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    const stamp = stamped.exec(line);
    return stamp ? { at: stamp[1] ?? null, text: line.slice(stamp[0].length) } : { at: null, text: line };
  });
}
