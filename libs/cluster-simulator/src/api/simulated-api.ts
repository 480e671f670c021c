import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anonymous, type User } from './users.js';
import { ApiServer } from './api-server.js';
import { selfSigned } from './certificate.js';
import { RunningClock, type Clock, type ClockOptions } from './clock.js';
import { expireEvents } from './event-expiry.js';
import { Faults } from './faults.js';
import type { FeatureGates } from './feature-gates.js';
import { kubeconfigText } from './kubeconfig.js';
import { listen } from './listener.js';
import { ObjectStore, type ObjectStoreOptions } from './object-store.js';
import type { LogSource } from './pod-logs.js';

/** How an API server is to be. Everything has a default. */
export type ApiOptions = Omit<ObjectStoreOptions, 'clock'> & {
  /** Loopback unless told. */
  host?: string;
  /** Any free one unless told. */
  port?: number;
  /** Serves HTTPS with a self-signed certificate, which the kubeconfig trusts. False unless told. */
  https?: boolean;
  /** Who is known, by token. Unless told: `admin-token`, `viewer-token` (reads pods and events in `default`), `nobody-token`. */
  users?: Readonly<Record<string, User>>;
  /** Who comes without a token: nobody of any rights unless told. */
  anonymous?: User;
  /** Whom the kubeconfig speaks for; the first one unless told. */
  kubeconfigToken?: string;
  /** The audiences that tokens are for. The server's address unless told. */
  audiences?: readonly string[];
  /** The cluster's name in the kubeconfig. */
  name?: string;
  serverVersion?: string;
  /** Which feature gates are on. None unless told. */
  gates?: Partial<FeatureGates>;
  clock?: Clock | ClockOptions;
  /** How often a watch is told a position. Each minute unless told. */
  bookmarkIntervalMs?: number;
  /** How long a watch that names no time lasts at least; at most twice as long. 1800 s unless told. */
  minRequestTimeoutSeconds?: number;
  /** How long an Event is kept. An hour of the cluster's time unless told. */
  eventTtlMs?: number;
};

/** An API server that runs. */
export type SimulatedApi = {
  url: string;
  /** The kubeconfig's text, and where it is written for as long as the server runs. */
  kubeconfig: string;
  kubeconfigPath: string;
  store: ObjectStore;
  faults: Faults;
  gates: FeatureGates;
  close(): Promise<void>;
};

const authenticated = 'system:authenticated';

/** Whom a server knows unless told. The same as in the real cluster of the tests. */
export const defaultUsers: Readonly<Record<string, User>> = {
  'admin-token': { name: 'admin', uid: '1', groups: ['system:masters', authenticated] },
  'viewer-token': {
    name: 'viewer',
    uid: '2',
    groups: ['viewers', authenticated],
    rules: [
      {
        apiGroups: ['', 'events.k8s.io'],
        resources: ['pods', 'events'],
        verbs: ['get', 'list', 'watch'],
        namespaces: ['default'],
      },
    ],
  },
  'nobody-token': { name: 'nobody', uid: '3', groups: ['nobodies', authenticated] },
};

const isClock = (clock: Clock | ClockOptions | undefined): clock is Clock => clock !== undefined && 'after' in clock;

/**
 * Starts an API server over an empty cluster.
 *
 * @param more what kubelets add: the logs of containers, and pages under `/simulator/`
 */
export async function startApi(
  options: ApiOptions = {},
  more: { logs?: LogSource; pages?: Readonly<Record<string, () => string>> } = {},
): Promise<SimulatedApi> {
  const { host = '127.0.0.1', https = false, users = defaultUsers, name = 'simulator' } = options;
  const store = new ObjectStore({
    ...options,
    clock: isClock(options.clock) ? options.clock : new RunningClock(options.clock),
  });
  const faults = new Faults();
  const gates: FeatureGates = { shardedListAndWatch: false, ...options.gates };
  const audiences = [...(options.audiences ?? [])];
  const api = new ApiServer({
    store,
    faults,
    gates,
    authority: { users: new Map(Object.entries(users)), audiences, anonymous: options.anonymous ?? anonymous },
    logs: more.logs ?? (() => undefined),
    gitVersion: options.serverVersion ?? 'v1.36.3',
    bookmarkIntervalMs: options.bookmarkIntervalMs ?? 60_000,
    minRequestTimeoutSeconds: options.minRequestTimeoutSeconds ?? 1_800,
    pages: more.pages ?? {},
  });
  const certificate = https ? selfSigned([...new Set([host, '127.0.0.1', 'localhost'])]) : undefined;
  const { port, disconnect, close } = await listen(api, { host, port: options.port ?? 0, certificate });
  faults.attach(store, disconnect);
  const url = `${https ? 'https' : 'http'}://${host}:${port}`;
  if (audiences.length === 0) audiences.push(url);
  const token = options.kubeconfigToken ?? Object.keys(users)[0];
  const kubeconfig = kubeconfigText({ name, server: url, token, certificate: certificate?.certificate });
  const folder = mkdtempSync(join(tmpdir(), 'cluster-simulator-'));
  const kubeconfigPath = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 });
  const stopExpiry = expireEvents(store, options.eventTtlMs ?? 3_600_000);
  return {
    url,
    kubeconfig,
    kubeconfigPath,
    store,
    faults,
    gates,
    async close() {
      stopExpiry();
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
