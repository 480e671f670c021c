import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { vi } from 'vitest';
import {
  deploymentSeen,
  eventSeen,
  gapSeen,
  goodStart,
  initEnds,
  initRuns,
  Ledger,
  namespaceSeen,
  newPod,
  nodeSeen,
  podGone,
  replicaSetSeen,
  uid,
  type Seen,
} from '#testing/projections';
import { apiOn } from './api.js';

/** The `now` of every test that sets a scene: an hour after what it shows began. */
export const sceneNow = Date.parse('2026-11-21T11:00:00Z');

/** A recorded cluster and an api that answers of it. */
export class Scene {
  private constructor(
    readonly ledger: Ledger,
    readonly app: NestFastifyApplication,
  ) {}

  /** Shows `seen` as it was recorded, second by second from 10:00 on. Only Date stands still; timers run. */
  static async set(
    seen: readonly Seen[] = usual(),
    env: Readonly<Record<string, string>> = {},
    source: 'kubernetes' | 'recording' = 'kubernetes',
  ): Promise<Scene> {
    vi.useFakeTimers({ toFake: ['Date'], now: sceneNow });
    const ledger = await Ledger.open(source);
    const scene = new Scene(ledger, await apiOn(ledger.pool, env));
    await scene.see(seen);
    return scene;
  }

  /** Records and projects more. */
  async see(seen: readonly Seen[]): Promise<void> {
    await this.ledger.append(seen);
    await this.ledger.project();
  }

  get(path: string): request.Test {
    return request(this.app.getHttpServer()).get(path);
  }

  /** The body of a path that must answer. */
  async body<Body>(path: string): Promise<Body> {
    return (await this.get(path).expect(200)).body as Body;
  }

  graphql(query: string, variables: object = {}): request.Test {
    return request(this.app.getHttpServer()).post('/graphql').send({ query, variables });
  }

  /** Another api on the same database, as after a restart of the process. */
  restarted(): Promise<NestFastifyApplication> {
    return apiOn(this.ledger.pool);
  }

  async end(): Promise<void> {
    await this.app.close();
    await this.ledger.close();
    vi.useRealTimers();
  }
}

/** The cluster's namespace, node and owners. */
export const surroundings = (): readonly Seen[] => [
  namespaceSeen(0),
  nodeSeen(0),
  replicaSetSeen(0),
  deploymentSeen(0),
];

/** Two good starts, one pod whose init container failed, one whose init container runs, and a gap. */
export const usual = (): readonly Seen[] => [
  ...surroundings(),
  ...goodStart(1, 1, 10),
  ...goodStart(2, 20, 20),
  newPod(3, 50),
  initRuns(3, 51),
  initEnds(3, 51, 61, 1),
  eventSeen(uid(3), 62, { reason: 'BackOff', message: 'Back-off restarting failed container', type: 'Warning' }),
  gapSeen(70, 80),
  newPod(4, 90),
  initRuns(4, 91),
  podGone(2, 95),
];
