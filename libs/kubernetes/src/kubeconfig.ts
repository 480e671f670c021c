import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Context, User } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { AuditError } from '#libs/platform';

/** Where to look for credentials, and which of them to take. */
export type KubeconfigChoice = Readonly<{
  /** A file, or several in the form of $KUBECONFIG. Without it: ~/.kube/config, then the pod's own service account. */
  kubeconfig?: string | undefined;
  /** A context's name; without it the current one. */
  context?: string | undefined;
  /** Where ~/.kube/config is looked for. */
  home?: string;
  /** Where programs are looked for, in the form of $PATH. */
  path?: string;
}>;

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Reads the kubeconfig and chooses the context.
 *
 * @throws AuditError `kubeconfig-missing` where there is none at all, so that the caller may do without a cluster
 * @throws AuditError `kubeconfig-invalid`, `context-missing`, `context-unknown`, `credential-plugin-missing`, each with a remedy
 */
export function loadKubeconfig(choice: KubeconfigChoice): KubeConfig {
  const files = kubeconfigFiles(choice);
  const config = files ? readFiles(files) : inCluster();
  const context = chooseContext(config, choice.context);
  config.setCurrentContext(context.name);
  checkCluster(config, context);
  checkPlugin(config.getCurrentUser(), choice.path ?? process.env['PATH'] ?? '');
  return config;
}

function kubeconfigFiles({ kubeconfig, home = homedir() }: KubeconfigChoice): string[] | undefined {
  const named = kubeconfig?.split(delimiter).filter((file) => file !== '') ?? [];
  if (named.length > 0) return named;
  const usual = join(home, '.kube', 'config');
  return existsSync(usual) ? [usual] : undefined;
}

function inCluster(): KubeConfig {
  if (!existsSync(serviceAccountToken)) {
    throw new AuditError('kubeconfig-missing', 'There is no kubeconfig and no service account here', {
      remedy: 'Name a kubeconfig with --kubeconfig FILE or KUBECONFIG, or run with --source demo.',
    });
  }
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** Merges the files as kubectl does: the first to name a thing wins. */
function readFiles(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  for (const file of files) {
    const config = readFile(file);
    for (const cluster of config.clusters) if (!merged.getCluster(cluster.name)) merged.addCluster(cluster);
    for (const user of config.users) if (!merged.getUser(user.name)) merged.addUser(user);
    for (const context of config.contexts) {
      if (!merged.contexts.some(({ name }) => name === context.name)) merged.addContext(context);
    }
    if (!merged.currentContext && config.currentContext) merged.setCurrentContext(config.currentContext);
  }
  return merged;
}

function readFile(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    const text = readFileSync(file, 'utf8');
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(resolve(file)));
    config.users = config.users.map(withTokenFile(text, dirname(resolve(file))));
    for (const { caFile } of config.clusters) if (caFile) accessSync(caFile, constants.R_OK);
  } catch (cause) {
    throw new AuditError('kubeconfig-invalid', `The kubeconfig ${file} cannot be used: ${messageOf(cause)}`, {
      cause,
      remedy: 'Mend the file, or name another with --kubeconfig FILE.',
    });
  }
  return config;
}

/** The client library overlooks `tokenFile`, and reads it once only: a rotated token would be missed. */
function withTokenFile(text: string, folder: string): (user: User) => User {
  const raw = parse(text) as { users?: readonly { name?: string; user?: { tokenFile?: string } }[] } | null;
  return (user) => {
    const tokenFile = raw?.users?.find(({ name }) => name === user.name)?.user?.tokenFile;
    if (!tokenFile) return user;
    const path = isAbsolute(tokenFile) ? tokenFile : join(folder, tokenFile);
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile: path } } };
  };
}

function chooseContext(config: KubeConfig, wanted: string | undefined): Context {
  const names = config.contexts.map(({ name }) => name);
  const name = wanted ?? config.currentContext;
  if (!name) {
    throw new AuditError('context-missing', 'The kubeconfig names no current context', {
      remedy: `Choose one with --context NAME or kubectl config use-context NAME. ${known(names)}`,
    });
  }
  const context = config.contexts.find((each) => each.name === name);
  if (!context) {
    throw new AuditError('context-unknown', `The kubeconfig has no context ${name}`, {
      remedy: `Choose another with --context NAME. ${known(names)}`,
    });
  }
  return context;
}

const known = (names: readonly string[]) =>
  names.length > 0 ? `There are: ${names.join(', ')}.` : 'The kubeconfig has none.';

function checkCluster(config: KubeConfig, context: Context): void {
  const cluster = config.getCurrentCluster();
  const invalid = (what: string) =>
    new AuditError('kubeconfig-invalid', `The context ${context.name} names ${what}`, {
      remedy: 'Mend the kubeconfig, or choose another context with --context NAME.',
    });
  if (!cluster) throw invalid(`the cluster ${context.cluster}, which the kubeconfig does not have`);
  if (!URL.canParse(cluster.server)) throw invalid(`a cluster whose server is no address: ${cluster.server}`);
  if (context.user && !config.getCurrentUser()) throw invalid(`the user ${context.user}, which is not there`);
  if (!config.getCurrentUser()) {
    // Without a user the client library applies neither the CA nor anything else.
    config.addUser({ name: 'anonymous' });
    config.contexts = config.contexts.map((each) =>
      each.name === context.name ? { ...each, user: 'anonymous' } : each,
    );
  }
  // Over plain HTTP there is nothing to verify, yet the client library wants to be told so.
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    config.clusters = config.clusters.map((each) => (each === cluster ? { ...each, skipTLSVerify: true } : each));
  }
}

function checkPlugin(user: User | null, path: string): void {
  const exec = (user?.exec ?? undefined) as { command?: string; installHint?: string } | undefined;
  const provider = (user?.authProvider?.config ?? undefined) as { 'cmd-path'?: string } | undefined;
  const command = exec?.command ?? provider?.['cmd-path'];
  if (!command || isExecutable(command, path)) return;
  throw new AuditError('credential-plugin-missing', `The credential plugin ${command} is not installed here`, {
    remedy: exec?.installHint?.trim() ?? `Install ${command}, or choose another context with --context NAME.`,
  });
}

function isExecutable(command: string, path: string): boolean {
  const candidates = /[\\/]/.test(command) ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  return candidates.some((candidate) =>
    endings.some((ending) => {
      try {
        accessSync(candidate + ending, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
