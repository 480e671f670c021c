import { existsSync, readFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Feed, SEALING } from '#libs/event-store';
import type { Sealing } from '#libs/event-store';
import { connect, RecordedCluster } from '#libs/kubernetes';
import type { Cluster, Pace } from '#libs/kubernetes';
import { AuditError, Database, HealthChecks, Logger, Metrics, Settings } from '#libs/platform';
import { readMaskKey } from './mask-key.js';
import { Recorder } from './recorder.js';
import type { RecorderNeeds } from './recorder.js';

/** What is to be recorded. */
export type RecordingTarget = Readonly<{
  cluster: Cluster;
  source: RecorderNeeds['source'];
  /** Empty: all namespaces. */
  namespaces: readonly string[];
}>;

const recorded = 'recording:';

/**
 * The cluster, or the recording of one, that the settings name.
 *
 * @throws AuditError `kubeconfig-missing` where there is no kubeconfig at all; others as `connect`, and as `RecordedCluster.open`
 */
export async function recordingTarget(settings: Settings): Promise<RecordingTarget> {
  const { source, kubeconfig, context, namespace, allNamespaces } = settings;
  if (source?.startsWith(recorded)) return recordedTarget(source.slice(recorded.length), settings);
  return {
    cluster: connect({ kubeconfig, context }),
    source: 'kubernetes',
    namespaces: allNamespaces ? [] : namespace,
  };
}

async function recordedTarget(place: string, settings: Settings): Promise<RecordingTarget> {
  const { recordingPace, recordingName: name, namespace } = settings;
  const cluster = await RecordedCluster.open({ place, name, pace: paceOf(recordingPace), namespaces: namespace });
  return { cluster, source: 'recording', namespaces: cluster.namespaces };
}

function paceOf(told = 'fast'): Pace {
  if (told === 'fast') return 'fast';
  return told === 'real' ? 1 : Number.parseFloat(told);
}

/** Begins to record with the process, and ends in good order with it. */
class RecorderLife implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly recorder: Recorder,
    private readonly health: HealthChecks,
  ) {}

  onApplicationBootstrap(): void {
    this.health.register({
      name: 'recorder',
      check: () => isRecording(this.recorder),
      remedy: 'See what /api/v1/clusters and the log say of this cluster.',
    });
    this.recorder.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.recorder.stop();
  }
}

/** Watches one cluster and records what it shows. For one process only: a shard has one author. */
@Module({})
export class RecordingModule {
  /** @param target what to record; found by the app, which may have started a demo cluster for it */
  static record(target: RecordingTarget): DynamicModule {
    return {
      module: RecordingModule,
      providers: [
        {
          provide: Recorder,
          inject: [Settings, Database, Logger, Metrics, SEALING, Feed],
          useFactory: (
            settings: Settings,
            database: Database,
            logger: Logger,
            ...[metrics, sealing, feed]: [Metrics, Sealing, Feed]
          ) => makeRecorder(target, settings, { database, logger, metrics, sealing, feed }),
        },
        {
          provide: RecorderLife,
          inject: [Recorder, HealthChecks],
          useFactory: (recorder: Recorder, health: HealthChecks) => new RecorderLife(recorder, health),
        },
      ],
      exports: [Recorder],
    };
  }
}

async function makeRecorder(
  target: RecordingTarget,
  settings: Settings,
  {
    database,
    logger,
    metrics,
    sealing,
    feed,
  }: Readonly<{ database: Database; logger: Logger; metrics: Metrics; sealing: Sealing; feed: Feed }>,
): Promise<Recorder> {
  const { commands, leaderElection, leaseNamespace, leaseName, logTails, logTailBytes } = settings;
  const { writeRecording: file, writeRecordingVerbatim: verbatim } = settings;
  const { slice, sliceBy } = settings;
  const name = slice ? `${leaseName}-${slice.nth}-of-${slice.of}` : leaseName;
  const lease = { namespace: leaseNamespace ?? ownNamespace(), name };
  return new Recorder({
    ...target,
    slice,
    sliceBy,
    pool: database.ingest,
    feed,
    logger,
    metrics,
    masking: { key: await readMaskKey(settings), commands },
    sealing,
    ...(leaderElection && { lease }),
    ...(logTails && { logTailBytes }),
    ...(file !== undefined && { writeRecording: { file, verbatim } }),
  });
}

const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** The namespace that this process runs in, where it runs in a cluster. */
function ownNamespace(): string {
  return existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : 'default';
}

function isRecording({ status }: Recorder): Promise<void> {
  const { state, error, remedy, watches } = status;
  // A standby is of use: it is there to take over.
  if (state === 'standby') return Promise.resolve();
  const waiting = watches.find(({ resource, state: watch }) => resource === 'pods' && watch !== 'watching');
  if (state === 'recording' && watches.length > 0 && !waiting) return Promise.resolve();
  const where = waiting ? `${waiting.watch} is ${waiting.state}` : `the recorder is ${state}`;
  return Promise.reject(
    new AuditError('not-ready', [where, error].filter(Boolean).join(': '), { remedy: remedy ?? undefined }),
  );
}
