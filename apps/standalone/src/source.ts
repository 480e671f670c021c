import { startDemo, startSimulator } from '#libs/cluster-simulator';
import { connect } from '#libs/kubernetes';
import { isAuditError, Settings, type Teardown } from '#libs/platform';
import { recordingTarget, type RecordingTarget } from '#libs/recording';

/** What is recorded, and what people are told of it. */
export type Source = Readonly<{
  target: RecordingTarget;
  told: readonly string[];
  /** The settings with what this source decides: an older demo in the same data folder is not listed beside a real cluster. */
  settings: Settings;
}>;

/** In the demo everything happens sooner than in a cluster that people work with, being stuck included. */
const stuckInDemoAfterSeconds = 20;

/**
 * The cluster or the recording of the settings, or, where there is no kubeconfig at all, the demo cluster. A kubeconfig that cannot be used is
 * an error with a remedy, and a cluster that does not answer is waited for: neither is ever replaced by the demo.
 */
export async function chooseSource(settings: Settings, teardown: Teardown): Promise<Source> {
  if (settings.source === 'demo') return demo(settings, teardown, 'as told by --source');
  if (settings.source?.startsWith('recording:')) return recording(settings, await recordingTarget(settings));
  try {
    return kubernetes(settings, await recordingTarget(settings));
  } catch (error) {
    // whoever names a source or a context means a real cluster
    const isMeant = settings.source !== undefined || settings.context !== undefined;
    if (isMeant || !isAuditError(error, 'kubeconfig-missing')) throw error;
    return demo(settings, teardown, 'there is no kubeconfig; --kubeconfig FILE names one');
  }
}

function kubernetes(settings: Settings, target: RecordingTarget): Source {
  const { cluster, namespaces } = target;
  return {
    target,
    settings: withChoice(settings, { source: 'kubernetes' }),
    told: [`records  ${cluster.name} at ${cluster.server}`, scope(namespaces)],
  };
}

function recording(settings: Settings, target: RecordingTarget): Source {
  const { recordingPace: pace = 'fast' } = settings;
  const paces: Readonly<Record<string, string>> = { fast: 'as fast as it goes', real: 'at its own pace' };
  return {
    target,
    settings,
    told: [
      `records  ${target.cluster.server}, ${paces[pace] ?? `${Number.parseFloat(pace)} times as fast as it was`}`,
      scope(target.namespaces),
    ],
  };
}

async function demo(settings: Settings, teardown: Teardown, why: string): Promise<Source> {
  const { namespace, stuckAfterSeconds = stuckInDemoAfterSeconds } = settings;
  const simulator = await startSimulator({ demo: true });
  teardown.add('demo cluster', () => simulator.close());
  startDemo(simulator);
  const cluster = connect({ kubeconfig: simulator.kubeconfigPath });
  return {
    target: { cluster, source: 'demo', namespaces: namespace },
    // the demo cluster is also who is asked who may see what, where `--access kubernetes` is wanted
    settings: withChoice(settings, { source: 'demo', kubeconfig: simulator.kubeconfigPath, stuckAfterSeconds }),
    told: [
      `records  the demo cluster (${why})`,
      `         it answers kubectl --kubeconfig ${simulator.kubeconfigPath}; own account: ${simulator.url}/simulator/truth`,
      scope(namespace),
    ],
  };
}

const withChoice = (settings: Settings, choice: Partial<Settings>): Settings =>
  new Settings(Object.assign({}, settings, choice));

const scope = (namespaces: readonly string[]): string =>
  `scope    ${namespaces.length > 0 ? namespaces.join(', ') : 'all namespaces'}`;
