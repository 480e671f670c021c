import { connect } from '#libs/kubernetes';
import { AuditError, type Settings } from '#libs/platform';
import { openAccess, tokenAccess, type Access } from './access.js';
import { kubernetesAccess } from './kubernetes-access.js';

type Chosen = Pick<Settings, 'access' | 'accessToken' | 'host' | 'kubeconfig' | 'context'>;

/**
 * Access as the settings want it.
 *
 * @throws AuditError `settings-invalid` where everybody on the network would see everything
 */
export function chooseAccess(settings: Chosen): Access {
  const mode = settings.access ?? (settings.accessToken === undefined ? 'none' : 'token');
  switch (mode) {
    case 'none':
      if (isLoopback(settings.host)) return openAccess;
      throw new AuditError(
        'settings-invalid',
        `On ${settings.host} whoever reaches the port would see everything: access must be controlled there`,
        {
          remedy: 'Give --access token with ACCESS_TOKEN, or --access kubernetes, or answer on --host 127.0.0.1',
        },
      );
    case 'token':
      if (settings.accessToken !== undefined) return tokenAccess(settings.accessToken);
      throw new AuditError('settings-invalid', '--access token needs ACCESS_TOKEN', {
        remedy: 'Set ACCESS_TOKEN to at least 16 characters',
      });
    case 'kubernetes':
      return kubernetesAccess(connect({ kubeconfig: settings.kubeconfig, context: settings.context }));
  }
}

/** Whether only this machine reaches the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
