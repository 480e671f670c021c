import { Cluster } from './cluster.js';
import { loadKubeconfig } from './kubeconfig.js';
import type { KubeconfigChoice } from './kubeconfig.js';
import { Transport } from './transport.js';

/** Sent with every request, so that whoever runs the cluster sees who asks. */
const userAgent = `initledger/${process.env['npm_package_version'] ?? '0.1.0'}`;

/**
 * Makes the door to a cluster. Nothing is asked of it yet: a cluster that does not answer is no error here.
 *
 * @throws AuditError `kubeconfig-missing`, `kubeconfig-invalid`, `context-missing`, `context-unknown`,
 * `credential-plugin-missing`
 */
export function connect(choice: KubeconfigChoice = {}): Cluster {
  const load = () => loadKubeconfig(choice);
  return new Cluster(load(), new Transport(load, userAgent));
}
