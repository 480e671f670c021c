import { stringify } from 'yaml';

/** What a client needs to know of a cluster. */
export type KubeconfigParts = {
  name: string;
  server: string;
  token?: string | undefined;
  certificate?: string | undefined;
};

/** A kubeconfig with one context, which is the current one. */
export function kubeconfigText({ name, server, token, certificate }: KubeconfigParts): string {
  const authority = certificate && { 'certificate-authority-data': Buffer.from(certificate).toString('base64') };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, ...authority } }],
      users: [{ name: 'user', user: token ? { token } : {} }],
      contexts: [{ name, context: { cluster: name, user: 'user' } }],
    },
    { lineWidth: 0 },
  );
}
