import { describe, expect, it } from 'vitest';
import { looksSecret, maskText, secretAfter } from './secrets.js';

const mask = (secret: string) => `<${secret.length}>`;

describe('maskText', () => {
  it.each([
    ['--password=hunter2 --user=me', '--password=<7> --user=me'],
    ['--db-password hunter2', '--db-password <7>'],
    ['--verbose --password hunter2', '--verbose --password <7>'],
    ['docker run --env=PASSWORD=hunter2 x', 'docker run --env=PASSWORD=<7> x'],
    ['note: password: swordfish', 'note: password: <9>'],
    ['password="never closed', 'password=<13>'],
    [`token=${'ab '.repeat(2_000).replaceAll(' ', '')}`, 'token=<4000>'],
    ['PGPASSWORD=swordfish psql -h db', 'PGPASSWORD=<9> psql -h db'],
    ['export API_KEY="a b c"; run', 'export API_KEY="<5>"; run'],
    [`curl -H 'Authorization: Bearer abc.def-123' http://api:80/x`, `curl -H 'Authorization: <18>' http://api:80/x`],
    ['curl -u me:secret123 http://api', 'curl -u me:<9> http://api'],
    ['postgres://me:pw@db:5432/app', 'postgres://<5>@db:5432/app'],
    ['{"token":"abc","user":"me"}', '{"token":"<3>","user":"me"}'],
    ['{"password": 12345}', '{"password": <6>'],
    ['mysql -uroot -phunter2 -h db', 'mysql -uroot -p<7> -h db'],
    ['redis-cli -a hunter2 -h redis ping', 'redis-cli -a <7> -h redis ping'],
    ['AKIAIOSFODNN7EXAMPLE in the clear', '<20> in the clear'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345', '<40>'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def', '<44>'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest', '<66>\nrest'],
    ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '<40>'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', '<32>'],
    ['https://h/path?access_token=abc123&x=1', 'https://h/path?access_token=<6>&x=1'],
    ['password: swordfish', 'password: <9>'],
    ['token: 9f8e7d', 'token: <6>'],
  ])('masks what is secret in %j', (text, masked) => {
    expect(maskText(text, mask)).toBe(masked);
  });

  it.each([
    'until nc -w 1 redis.await-redis.svc.cluster.local 6379 </dev/null; do echo waiting for redis; sleep 2; done',
    'until nslookup myservice.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc; do sleep 2; done',
    'wget -O /work-dir/index.html http://info.cern.ch',
    'psql "password=$PGPASSWORD host=db"',
    '--password-file=/run/secrets/db',
    'curl http://auth:8080/health http://token-service:80',
    'mkdir -p /work/a && tar -xzf - -C /work',
    'secret "db-credentials" not found',
    `couldn't find key password in Secret shop/db`,
    'failed to authorize: failed to fetch anonymous token: unexpected status from GET request: 401 Unauthorized',
    'FATAL: password authentication failed for user "me"',
    'back-off 10s restarting failed container=check pod=looping_ns(c1d2e3f4-0000-4000-8000-123456789abc)',
    'Successfully assigned termination-messages/with-a-secret to node-a',
    'Pulled image "nginx@sha256:4c0fdaa8b6341bfdeca5f18f7837462c80cff90527ee35ef185571e1c327beac"',
    'failed to setup network for sandbox "0f3a5f4dcc3b5aa765d61d8327deb882cf990f3a5f4dcc3b5aa765d61d8327de": timeout',
    'exec: "no-such-command": executable file not found in $PATH: unknown',
    'MountVolume.SetUp failed for volume "config" : configmap "app-config" not found',
    '0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.',
  ])('leaves %j as it is', (text) => {
    expect(maskText(text, mask)).toBe(text);
  });

  it('needs time in proportion to the text, whatever the text is', () => {
    const hostile = [
      'a',
      '"',
      '=',
      '-',
      ' -p',
      'password=',
      '://',
      'x:',
      '/a',
      'eyJ',
      '-----BEGIN PRIVATE KEY-----',
      'A1b',
    ];

    const slowest = Math.max(
      ...hostile.map((piece) => {
        const started = performance.now();
        maskText(piece.repeat(Math.ceil(65_536 / piece.length)), mask);
        return performance.now() - started;
      }),
    );

    expect(slowest).toBeLessThan(1_000);
  });
});

describe('looksSecret', () => {
  it.each([
    'PASSWORD',
    'db_password',
    'PGPASSWORD',
    'API_KEY',
    'apiKey',
    'ACCESS_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'SSH_KEY',
    'MY_KEY',
    'SENTRY_DSN',
    'BASIC_AUTH',
    'mypasswd',
    'dbPass',
    'DB_PASS',
  ])('takes %s for a secret', (name) => {
    expect(looksSecret(name)).toBe(true);
  });

  it.each(['DB_HOST', 'REDIS_URL', 'PORT', 'TARGET', 'KEYSPACE', 'MONKEY', 'AUTHOR', 'COMPASS_HOST', 'BYPASS'])(
    'does not take %s for a secret',
    (name) => {
      expect(looksSecret(name)).toBe(false);
    },
  );
});

describe('secretAfter', () => {
  it.each([
    [['psql', '--password', 'hunter2'], 'hunter2'],
    [['curl', '-u', 'me:hunter2'], 'hunter2'],
    [['redis-cli', '-a', 'hunter2'], 'hunter2'],
    [['mysql', '-h', 'db', '-phunter2'], 'hunter2'],
    [['run', '--token', '$TOKEN'], undefined],
    [['run', '--password-stdin', '--verbose'], undefined],
    [['mkdir', '-p', '/work'], undefined],
    [['ls', '-a', 'x'], undefined],
    [['id', '-u', 'me'], undefined],
  ])('of %j finds %s', (words, secret) => {
    expect(secretAfter(words.at(-2) ?? '', words.at(-1) ?? '', words.join(' '))).toBe(secret);
  });
});
