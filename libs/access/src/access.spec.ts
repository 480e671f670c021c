import { describe, expect, it } from 'vitest';
import { tokenAccess } from './access.js';
import { chooseAccess, isLoopback } from './choose-access.js';

const settings = {
  access: undefined,
  accessToken: undefined,
  host: '127.0.0.1',
  kubeconfig: undefined,
  context: undefined,
} as const;

describe('chooseAccess', () => {
  it('asks for no token on loopback', async () => {
    await expect(chooseAccess(settings).viewerOf(undefined)).resolves.toMatchObject({ pods: 'all' });
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.com', '127.evil.example'])(
    'refuses to answer everybody on %s, and says what to do',
    (host) => {
      expect(() => chooseAccess({ ...settings, host })).toThrow(
        expect.objectContaining({ code: 'settings-invalid', remedy: expect.stringContaining('--access token') }),
      );
      expect(() => chooseAccess({ ...settings, host, access: 'none' })).toThrow(/access must be controlled/);
    },
  );

  it('answers anywhere with a token', async () => {
    const access = chooseAccess({ ...settings, host: '0.0.0.0', accessToken: 'correct horse battery' });

    await expect(access.viewerOf(undefined)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('tokenAccess', () => {
  const access = tokenAccess('0123456789abcdef');

  it('lets in whoever holds the token', async () => {
    await expect(access.viewerOf('Bearer 0123456789abcdef')).resolves.toMatchObject({
      name: 'token',
      pods: 'all',
      metrics: true,
    });
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic 0123456789abcdef',
    'Bearer 0123456789abcde',
    'Bearer 0123456789abcdef0',
    '0123456789abcdef',
  ])('lets nobody in with %j', async (header) => {
    await expect(access.viewerOf(header)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('knows %s', (host) => expect(isLoopback(host)).toBe(true));
});
