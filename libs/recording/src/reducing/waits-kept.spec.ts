/** What is kept of a command still tells what its container waits for, in each of the ways in which it may be kept. */
import { describe, expect, it } from 'vitest';
import { advance, noContext, nothingKnown, podAccount, type InitContainerAccount } from '#libs/init-history';
import { containerStatus, rawPod, type RawObject } from '../testing/raw-pod.js';
import { Masking, type Commands } from './masking.js';
import { reducePod } from './reduce-pod.js';

/** What is told of an init container after its pod was reduced, stored and read again. */
function told(commands: Commands, container: RawObject, status: RawObject = {}): InitContainerAccount | undefined {
  const name = String(container['name']);
  const raw = rawPod({
    metadata: { namespace: 'shop' },
    spec: { initContainers: [container] },
    status: {
      phase: 'Pending',
      startTime: '2026-11-21T02:00:07Z',
      conditions: [],
      initContainerStatuses: [containerStatus(name, status)],
    },
  });
  const kept = [...reducePod(raw, new Masking({ key: 'a key', commands })).parts];
  const parts = Object.fromEntries(kept.map(([part, text]) => [part, JSON.parse(text) as unknown]));
  const receivedAt = '2026-11-21T02:00:09.000Z';
  const look = { reducer: 1, via: 'watch', resourceVersion: '7', receivedAt, writes: [] } as const;
  const input = { position: 0, recordedAt: receivedAt, observation: { ...look, type: 'PodObserved', parts } } as const;
  const { history } = advance(nothingKnown, input, noContext);
  return podAccount(history, Date.parse(receivedAt), noContext)?.cycles[0]?.initContainers[0];
}

const script = (text: string): RawObject => ({
  name: 'wait-for-db',
  image: 'busybox:1.36',
  command: ['sh', '-c', text],
});
const secret = 'hunter2hunter2';

describe.each<[Commands, RawObject, string | null, string | null]>([
  ['masked', script('until nc -z db 5432; do sleep 1; done'), 'db:5432', 'certain'],
  ['targets', script('until nc -z db 5432; do sleep 1; done'), 'db:5432', 'strong'],
  ['none', script('until nc -z db 5432; do sleep 1; done'), 'db', 'weak'],
  [
    'masked',
    script(`until PGPASSWORD=${secret} psql -h db -p 5433 -U app -c 'select 1'; do sleep 1; done`),
    'db:5433',
    'certain',
  ],
  ['masked', script(`until mysqladmin ping -hdb -uroot -p${secret} --silent; do sleep 1; done`), 'db:3306', 'strong'],
  ['masked', script(`until redis-cli -h redis -a ${secret} ping; do sleep 1; done`), 'redis:6379', 'strong'],
  [
    'masked',
    script(`until psql postgres://app:${secret}@db:5432/app -c 'select 1'; do sleep 1; done`),
    'db:5432',
    'certain',
  ],
  [
    'masked',
    script(`until curl -sf -H "Authorization: Bearer ${secret}" http://api:8080/ready; do sleep 1; done`),
    'http://api:8080/ready',
    'certain',
  ],
  [
    'masked',
    {
      ...script('until nc -z $DB_HOST $DB_PORT; do sleep 1; done'),
      env: [
        { name: 'DB_HOST', value: 'db' },
        { name: 'DB_PORT', value: '5432' },
      ],
    },
    'db:5432',
    'certain',
  ],
  [
    'masked',
    {
      ...script('until nc -z $DB_HOST 5432; do sleep 1; done'),
      env: [{ name: 'DB_HOST', valueFrom: { secretKeyRef: { name: 'db', key: 'host' } } }],
    },
    '$DB_HOST:5432',
    'weak',
  ],
  [
    'none',
    {
      name: 'init',
      image: 'stackanetes/kubernetes-entrypoint:v0.3.1',
      env: [{ name: 'DEPENDENCY_SERVICE', value: 'mariadb' }],
    },
    'service mariadb',
    'certain',
  ],
  ['masked', { name: 'seed', image: 'app:1', command: ['/app/seed', '--password', secret] }, null, null],
])('kept %s, %j', (commands, container, waitsFor, confidence) => {
  it(`tells ${waitsFor ?? 'nothing'}, and no secret`, () => {
    const one = told(commands, container);

    expect([one?.waitsFor, one?.dependencies[0]?.confidence ?? null]).toEqual([waitsFor, confidence]);
    expect(JSON.stringify(one)).not.toContain(secret);
  });
});

it('is told by the last words, masked, where the spec tells nothing', () => {
  const message = `cannot connect to postgres://app:${secret}@db:5432/app: connection refused`;
  const terminated = {
    exitCode: 1,
    reason: 'Error',
    message,
    startedAt: '2026-11-21T02:00:08Z',
    finishedAt: '2026-11-21T02:00:09Z',
    containerID: 'containerd://seed-0',
  };
  const one = told('none', { name: 'seed', image: 'app:1', command: ['/app/seed'] }, { state: { terminated } });

  expect([one?.category, one?.waitsFor, one?.dependencies[0]?.rule]).toEqual(['CRASH', 'db:5432', 'message']);
  expect(JSON.stringify(one)).not.toContain(secret);
});
