/** All that the service tells of a campaign, asked for when it is over and kept in a file, to be judged. */
import { placeToken } from '../../libs/reports/src/asking/cursor.js';
import { all, askEach, type Asked, type Json } from '../e2e/service.js';
import { podsOf } from '../e2e/truth.js';

/** What was told after one observation of a pod: the cells that kubectl would have printed. */
export type Look = Readonly<{
  uid: string;
  resourceVersion: string;
  position: string;
  via: string;
  receivedAt: string;
  cells: Readonly<{ ready: string; status: string; restarts: string }>;
}>;

export type Disrupted = Readonly<{ kind: string; from: number; to: number }>;

/** `askedAt`, epoch milliseconds: all that had been sent to the recorder a while before is told. */
export type Told = Readonly<{
  askedAt: number;
  /** What was done to watch, recorder and node, and from when to when. */
  disrupted: readonly Disrupted[];
  pods: readonly Json[];
  looks: readonly Look[];
  gaps: readonly Json[];
}>;

/** Asks for every pod that a query chooses, and for each as of each of its observations. */
export async function askAll(service: Asked, query: string): Promise<Omit<Told, 'disrupted'>> {
  const askedAt = Date.now();
  const pods = await podsOf(service, `&${query}`);
  const seen = (
    await askEach(pods, ({ uid }) => all(service, `/api/v1/pods/${uid}/events?limit=500`).then((its) => ({ uid, its })))
  ).flatMap(({ uid, its }) => its.filter(({ type, body }) => isLook(type, body)).map((one) => ({ uid, ...one })));
  const looks = await askEach(seen, (one) => cellsAt(service, one));
  return { askedAt, pods, looks, gaps: await all(service, '/api/v1/gaps?limit=500') };
}

const isLook = (type: string, body: Json): boolean =>
  (type === 'PodObserved' || type === 'PodGone') && body !== null && body.resourceVersion;

async function cellsAt(service: Asked, { uid, position, body }: Json): Promise<Look> {
  const [shard = '', place] = (position as string).split(':');
  const asOf = placeToken({ positions: { [shard]: Number(place) }, asOf: Date.now() });
  const { status, ready, restarts } = (await service.get(`/api/v1/pods/${uid}?asOf=${asOf}`)).data;
  const { resourceVersion, via, receivedAt } = body;
  return { uid, resourceVersion, position, via, receivedAt, cells: { ready, status, restarts: String(restarts) } };
}
