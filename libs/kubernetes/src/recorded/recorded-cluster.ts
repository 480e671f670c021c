import { createHash } from 'node:crypto';
import { Cluster } from '../cluster.js';
import type { ClusterIdentity, ServerVersion } from '../cluster.js';
import { listByStream, type ListChoice, type Page } from '../list.js';
import { builtInOwners, pathOf } from '../resources.js';
import type { Resource } from '../resources.js';
import { RecordedTransport } from './recorded-transport.js';
import type { Pace, Recorded } from './recorded.js';
import { RecordingFiles } from './recording-files.js';

export type RecordingChoice = Readonly<{
  /** A file, a folder of files that belong together, or `-` for standard input. */
  place: string;
  pace?: Pace;
  /** Only these namespaces; unless told, those that its watcher looked at. */
  namespaces?: readonly string[];
  /** What makes it this recording, instead of how it begins. */
  name?: string | undefined;
}>;

/** A cluster that is a recording: it says again what an API server said to a watcher. */
export class RecordedCluster extends Cluster {
  readonly recorded: Recorded;
  readonly namespaces: readonly string[];

  private constructor(
    private readonly files: RecordingFiles,
    private readonly player: RecordedTransport,
    private readonly choice: RecordingChoice & Readonly<{ namespaces: readonly string[] }>,
  ) {
    super({ currentContext: choice.name ?? files.name, getCurrentCluster: () => null }, player, player.recorded);
    this.recorded = player.recorded;
    this.namespaces = choice.namespaces;
  }

  /**
   * Looks into a recording. It is read on as it is asked.
   *
   * @throws AuditError `recording-unreadable`, `recording-invalid`
   */
  static async open(choice: RecordingChoice): Promise<RecordedCluster> {
    const files = await RecordingFiles.open(choice.place);
    const { pace = 'fast' } = choice;
    const namespaces = choice.namespaces?.length ? choice.namespaces : (files.header?.namespaces ?? []);
    return new RecordedCluster(files, new RecordedTransport({ files, pace, namespaces }), { ...choice, namespaces });
  }

  /**
   * Until when, in its own time, it was recorded before. A position that is stored may stand in it twice, as where its server was
   * restored from a backup: the last one up to then is where a watch goes on.
   */
  recordedBefore(until: number): void {
    this.player.recordedBefore(until);
  }

  /** Plays from the beginning again. */
  rewind(): Promise<void> {
    return this.player.rewind();
  }

  override identity(): Promise<ClusterIdentity> {
    const { name } = this.choice;
    const digest = name === undefined ? this.files.digest : createHash('sha256').update(`name ${name}`).digest('hex');
    return Promise.resolve({ uid: digest.slice(0, 32), basis: 'recording' });
  }

  /** What the recording says of the server that spoke; empty where it does not say. */
  override version(): Promise<ServerVersion> {
    const gitVersion = this.files.header?.serverVersion ?? '';
    const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(gitVersion) ?? [];
    return Promise.resolve({ gitVersion, major: Number.parseInt(major, 10), minor: Number.parseInt(minor, 10) });
  }

  /** The recorded list, or the frames that stand for one. */
  override async *list(resource: Resource, choice: ListChoice = {}): AsyncGenerator<Page> {
    if (choice.limit === 1) {
      // Only asked to learn whether the server's history is another one now: a recording's is what it was.
      yield { items: [], resourceVersion: null, last: true, attempt: 0 };
      return;
    }
    const next = await this.player.nextOf(pathOf(resource, choice.namespace), choice.signal);
    yield* next === 'list' ? super.list(resource, choice) : listByStream(this.player, resource, choice);
  }

  override stream(resource: Resource, choice: ListChoice = {}): AsyncGenerator<Page> {
    return this.list(resource, choice);
  }

  override findResource(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const builtIn = builtInOwners.find((each) => each.apiVersion === apiVersion && each.kind === kind);
    return Promise.resolve(builtIn ?? this.player.resourceOf(apiVersion, kind));
  }
}
