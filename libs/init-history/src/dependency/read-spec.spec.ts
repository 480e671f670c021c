/** Variables, names, what is left of a masked command; and what waits for nothing. */
import { describe, expect, it } from 'vitest';
import { env, masked, read, sh, told, type Spec } from '../testing/init-container.js';

describe('variables', () => {
  it.each<[string, Spec, readonly string[]]>([
    [
      'literals of the environment',
      sh('until nc -z $DB_HOST $DB_PORT; do sleep 1; done', env({ DB_HOST: 'db', DB_PORT: '5432' })),
      ['service db:5432'],
    ],
    [
      'in braces and quotes',
      sh('until nc -z "${DB_HOST}" "${DB_PORT}"; do sleep 1; done', env({ DB_HOST: 'db.data', DB_PORT: '5432' })),
      ['service db.data:5432 strong'],
    ],
    ['assigned in the script', sh('HOST=db PORT=5432\nuntil nc -z $HOST $PORT; do sleep 1; done'), ['service db:5432']],
    ['exported', sh('export HOST="db"; until nc -z $HOST 5432; do sleep 1; done'), ['service db:5432']],
    [
      'a default, where nothing sets it',
      sh('until nc -z ${DB_HOST:-postgres} ${DB_PORT:-5432}; do sleep 1; done'),
      ['service postgres:5432'],
    ],
    [
      'no default, where envFrom may',
      sh('until nc -z ${DB_HOST:-postgres} 5432; do sleep 1; done', { envFrom: [{ secretRef: { name: 'db' } }] }),
      ['unknown $DB_HOST:5432 weak'],
    ],
    [
      'a value that is not here',
      sh('until pg_isready -h $DB_HOST; do sleep 1; done', env({ DB_HOST: undefined })),
      ['unknown $DB_HOST:5432 weak'],
    ],
    [
      'a masked value',
      sh('until nc -z $DB_HOST 5432; do sleep 1; done', env({ DB_HOST: masked })),
      ['unknown $DB_HOST:5432 weak'],
    ],
    ['a port that is not here', sh('until nc -z db $DB_PORT; do sleep 1; done'), ['service db strong']],
    [
      'those that the kubelet replaces',
      { command: ['nc', '-z', '$(DB_HOST)', '$(DB_PORT)'], ...env({ DB_HOST: 'db', DB_PORT: '5432' }) },
      ['service db:5432 strong'],
    ],
    [
      'those that the kubelet replaces in a script',
      sh('until nc -z $(DB_HOST) 5432; do sleep 1; done', env({ DB_HOST: 'db' })),
      ['service db:5432'],
    ],
    ['those of a Service', sh('until nc -z $MY_DB_SERVICE_HOST 5432; do sleep 1; done'), ['service my-db:5432']],
    [
      'a URL',
      sh('until curl -f $API_URL; do sleep 1; done', env({ API_URL: 'http://api:8080/health' })),
      ['url http://api:8080/health'],
    ],
    ['what would have to be run', sh('until nc -z $(hostname -d) 5432; do sleep 1; done'), []],
  ])('%s', (_, spec, expected) => {
    expect(told(spec)).toEqual(expected);
  });
});

describe('names', () => {
  it.each([
    ['db', 'db:1', 'db.shop:1', 'service'],
    ['db.shop', 'db:1', 'db.shop:1', 'service'],
    ['db.data', 'db.data:1', 'db.data:1', 'service'],
    ['db.shop.svc', 'db:1', 'db.shop:1', 'service'],
    ['db.data.svc.cluster.local', 'db.data:1', 'db.data:1', 'service'],
    ['db.data.svc.cluster.local.', 'db.data:1', 'db.data:1', 'service'],
    ['db.data.svc.k8s.corp.example', 'db.data:1', 'db.data:1', 'service'],
    ['pg-0.pg', 'pg-0.pg:1', 'pg-0.pg.shop:1', 'pod'],
    ['pg-0.pg-headless.data.svc.cluster.local', 'pg-0.pg-headless.data:1', 'pg-0.pg-headless.data:1', 'pod'],
    ['db.example.com', 'db.example.com:1', 'db.example.com:1', 'host'],
    ['example.com', 'example.com:1', 'example.com:1', 'host'],
    [
      'x.abc.eu-west-1.rds.amazonaws.com',
      'x.abc.eu-west-1.rds.amazonaws.com:1',
      'x.abc.eu-west-1.rds.amazonaws.com:1',
      'host',
    ],
    ['10.0.0.7', '10.0.0.7:1', '10.0.0.7:1', 'host'],
    ['localhost', 'localhost:1', null, 'host'],
    ['127.0.0.1', '127.0.0.1:1', null, 'host'],
    ['DB', 'db:1', 'db.shop:1', 'service'],
  ])('%s is %s, for the cluster %s', (host, target, endpoint, kind) => {
    const [one] = read(sh(`until nc -z ${host} 1; do sleep 1; done`)).dependencies;

    expect([one?.target, one?.endpoint, one?.kind]).toEqual([target, endpoint, kind]);
  });
});

describe('what waits for nothing that is told', () => {
  it.each<[string, Spec, string | null]>([
    ['nothing', { image: 'app:1' }, null],
    ['a sleep', sh('sleep 30'), 'sleep'],
    ['a sleep that says so', sh('echo starting >&2; sleep 5 2>/dev/null'), 'sleep'],
    ['a sleep, and a file that is written', sh('sleep 2; echo hello > /work-dir/index.html'), null],
    ['echo and sleep', sh('echo starting; sleep 5; echo done'), 'sleep'],
    ['a download', { image: 'busybox', command: ['wget', '-O', '/work-dir/index.html', 'http://info.cern.ch'] }, null],
    ['a download in a shell', sh('curl -fsSL https://example.com/plugin.jar -o /plugins/plugin.jar'), null],
    ['many downloads', sh('for f in a b c; do wget http://files/$f -O /data/$f; done'), null],
    ['chown', sh('chown -R 1000:1000 /data && chmod 700 /data'), null],
    ['sysctl', sh('sysctl -w vm.max_map_count=262144'), null],
    ['git clone', { image: 'alpine/git', args: ['clone', 'https://github.com/x/y.git', '/src'] }, null],
    ['waiting until it is gone', sh('until ! nc -z old-db 5432; do sleep 1; done'), null],
    ['while it is there', sh('while nc -z old-db 5432; do sleep 1; done'), null],
    ['kubectl wait for a deletion', sh('kubectl wait --for=delete pod/old'), null],
    ['a listener', sh('until nc -l -p 8080; do sleep 1; done'), null],
    ['a look that may fail', sh('nslookup db || true; exec /app'), null],
    ['a look in a test', sh('if nc -z db 5432; then echo there; fi'), null],
    ['work on a database', sh('psql -h db -U app -f /sql/seed.sql'), null],
    ['a dump', sh('mysqldump -h db app > /backup/app.sql'), null],
    ['words in an echo', sh('echo "until nc -z db 5432; do sleep 1; done"'), null],
    ['words in a comment', sh('# nc -z db 5432\nls /data'), null],
    ['a broken script', sh('until nc -z "db 5432; do sleep 1'), null],
    ['text that is no script', sh('((((((((((((((((('), null],
    ['no host', sh('until nc -z "" 5432; do sleep 1; done'), null],
    ['a port out of range', sh('until nc -z db 99999; do sleep 1; done'), null],
    ['its own socket', sh('until pg_isready; do sleep 1; done'), null],
    ['its own server', sh('until redis-cli ping; do sleep 1; done'), null],
    ['flyway', { image: 'flyway/flyway:10', args: ['-url=jdbc:postgresql://db:5432/app', 'migrate'] }, 'migration'],
    ['liquibase', { image: 'liquibase/liquibase', args: ['--url=jdbc:postgresql://db/app', 'update'] }, 'migration'],
    ['django', { command: ['python', 'manage.py', 'migrate', '--noinput'] }, 'migration'],
    ['rails', sh('bundle exec rails db:migrate'), 'migration'],
    ['alembic', sh('alembic upgrade head'), 'migration'],
    ['prisma', { command: ['npx', 'prisma', 'migrate', 'deploy'] }, 'migration'],
    ['airflow', { args: ['bash', '-c', 'airflow db migrate'] }, 'migration'],
    ['superset', sh('superset db upgrade && superset init'), 'migration'],
    [
      'golang-migrate',
      { image: 'migrate/migrate:v4', args: ['-path', '/m', '-database', '$(URL)', 'up'] },
      'migration',
    ],
  ])('%s', (_, spec, purpose) => {
    expect(read(spec)).toEqual({ purpose, dependencies: [] });
  });

  it('a wait before a migration is told, and the migration too', () => {
    const { purpose, dependencies } = read(sh('until nc -z db 5432; do sleep 1; done; python manage.py migrate'));

    expect([purpose, dependencies.map(({ target }) => target)]).toEqual(['migration', ['db:5432']]);
  });
});

describe('what is left of a masked command', () => {
  it('names its targets: a hint, or more where the name says that it waits', () => {
    const command = { masked: 'hmac:abc', targets: ['db:5432', 'sleep:1', 'exit:1'] };

    expect(told({ name: 'prepare', image: 'busybox', command })).toEqual(['service db:5432 weak']);
    expect(told({ name: 'wait-for-db', image: 'busybox', command })).toEqual(['service db:5432 strong']);
    expect(read({ name: 'prepare', image: 'busybox', command }).purpose).toBe(null);
    expect(read({ name: 'wait-for-db', image: 'busybox', command }).purpose).toBe('dependencyWait');
  });

  it('is the name of the container, where nothing else is', () => {
    expect(told({ name: 'wait-for-redis', command: { masked: 'hmac:abc' } })).toEqual(['unknown redis weak']);
    expect(told({ name: 'prepare', command: { masked: 'hmac:abc' } })).toEqual([]);
    expect(told({ name: 'wait-for-redis', command: ['/app/prepare'] })).toEqual([]);
  });

  it('is what its environment says', () => {
    const image = 'quay.io/stackanetes/kubernetes-entrypoint:v0.3.1';

    expect(told({ image, command: { masked: 'hmac:abc' }, ...env({ DEPENDENCY_SERVICE: 'keystone' }) })).toEqual([
      'service service keystone',
    ]);
    expect(told({ image, ...env({ DEPENDENCY_SERVICE: masked }) })).toEqual([
      'unknown service $DEPENDENCY_SERVICE weak',
    ]);
    expect(read({ image, ...env({ DEPENDENCY_SERVICE: masked }) }).purpose).toBe('dependencyWait');
  });

  it('keeps masked words out of what is told', () => {
    expect(told(sh('until mysqladmin ping -h <masked:abc> ; do sleep 1; done'))).toEqual([]);
  });
});

it('says where it read it, and at which position', () => {
  const [one] = read(sh('until nc -z db 5432; do sleep 1; done')).dependencies;

  expect(one).toEqual({
    kind: 'service',
    target: 'db:5432',
    endpoint: 'db.shop:5432',
    port: 5432,
    protocol: 'tcp',
    confidence: 'certain',
    rule: 'nc',
    evidence: { source: 'command', text: 'nc -z db 5432', position: 7 },
  });
});
