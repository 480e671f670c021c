/** Scripts in the forms in which tutorials and charts write them. */
import { describe, expect, it } from 'vitest';
import { sh, told, type Spec } from '../../testing/init-container.js';

describe('a script that waits', () => {
  it.each<[string, Spec, readonly string[]]>([
    // The Kubernetes documentation, and what was made of it.
    ['nslookup', sh('until nslookup myservice; do echo waiting for myservice; sleep 2; done;'), ['service myservice']],
    [
      'nslookup of the own namespace',
      sh(
        'until nslookup mydb.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local; do echo waiting for mydb; sleep 2; done',
      ),
      ['service mydb'],
    ],
    [
      'nslookup over two lines',
      sh('until nslookup myservice\ndo\n  echo waiting\n  sleep 2\ndone'),
      ['service myservice'],
    ],
    [
      'two services one after another',
      sh('until nslookup pg; do sleep 30; done\nuntil nslookup redis; do sleep 30; done'),
      ['service pg', 'service redis'],
    ],
    ['getent', sh('until getent hosts rabbitmq; do sleep 5; done'), ['service rabbitmq']],
    ['ping', sh('while ! ping -c 1 -W 1 gateway; do sleep 1; done'), ['service gateway']],
    ['dig', sh('until dig +short web.other.svc.cluster.local; do sleep 1; done'), []],

    // nc in its variants.
    ['nc -z', sh('until nc -z db 5432; do sleep 1; done'), ['service db:5432']],
    ['nc -vz -w', sh('until nc -vz -w 2 postgres.data 5432; do sleep 1; done'), ['service postgres.data:5432 strong']],
    ['nc -zw1', sh('while ! nc -zw1 mysql.data.svc 3306; do sleep 1; done'), ['service mysql.data:3306']],
    [
      'nc with -w behind',
      sh('until nc kafka-0.kafka 9092 -w1; do echo waiting for kafka; sleep 2; done;'),
      ['pod kafka-0.kafka:9092 strong'],
    ],
    [
      'nc from /dev/null',
      sh('until nc -w 1 redis.await-redis.svc.cluster.local 6379 </dev/null; do echo waiting; sleep 2; done'),
      ['service redis.await-redis:6379'],
    ],
    [
      'echo ruok | nc',
      sh('until echo ruok | nc -w 2 zk-cs 2181 | grep imok; do sleep 2; done'),
      ['service zk-cs:2181'],
    ],
    [
      'netcat-openbsd after an install',
      sh('apk add --no-cache netcat-openbsd; while ! nc -z neo4j 7687; do sleep 1; done'),
      ['service neo4j:7687'],
    ],
    ['timeout around nc', sh('until timeout 2 nc -z es-master 9300; do sleep 5; done'), ['service es-master:9300']],
    [
      '&& of several',
      sh('until nc -z db 5432 && nc -z mq 5672; do sleep 1; done'),
      ['service db:5432', 'service mq:5672'],
    ],
    ['a subshell', sh('until (nc -z a 1) ; do sleep 1; done'), ['service a:1']],
    [
      'a counter',
      sh('set -eu; n=0; until nc -z "db" "5432"; do n=$((n+1)); [ "$n" -ge 60 ] && exit 1; sleep 2; done; echo up'),
      ['service db:5432'],
    ],
    [
      'a for loop that exits',
      sh('for i in $(seq 1 30); do if nslookup backend-svc; then echo found; exit 0; fi; sleep 2; done; exit 1'),
      ['service backend-svc strong'],
    ],
    [
      'a for loop that breaks',
      sh('for i in {1..60}; do nc -z db 5432 && break; sleep 1; done'),
      ['service db:5432 strong'],
    ],
    [
      'while true',
      sh('while true; do nc -z clickhouse 9000 && exit 0; echo waiting; sleep 1; done'),
      ['service clickhouse:9000 strong'],
    ],
    [
      'a list of hosts',
      sh('for host in db redis; do until nc -z $host 6379; do sleep 1; done; done'),
      ['service db:6379', 'service redis:6379'],
    ],
    [
      'a list of addresses cut apart',
      sh('for a in db:5432 mq:5672; do until nc -z ${a%%:*} ${a##*:}; do sleep 1; done; done'),
      ['service db:5432', 'service mq:5672'],
    ],
    [
      'a function',
      sh(
        'wait_for() { echo "waiting for $1:$2"; until nc -z "$1" "$2"; do sleep 1; done; }\nwait_for db 5432\nwait_for mq 5672',
      ),
      ['service db:5432', 'service mq:5672'],
    ],
    [
      'function, the other way',
      sh('function wait_tcp { while ! nc -z $1 $2; do sleep 1; done }; wait_tcp mongo 27017'),
      ['service mongo:27017'],
    ],
    [
      '/dev/tcp',
      { command: ['bash', '-c', 'until (echo > /dev/tcp/db/5432) 2>/dev/null; do sleep 1; done'] },
      ['service db:5432'],
    ],
    [
      '/dev/tcp by exec',
      { command: ['bash', '-ec', 'while ! exec 3<>/dev/tcp/mysql/3306; do sleep 1; done'] },
      ['service mysql:3306'],
    ],
    ['timeout around a shell', sh("timeout 300 bash -c 'until nc -z db 5432; do sleep 1; done'"), ['service db:5432']],
    [
      'a shell in the condition',
      sh('until timeout 1 bash -c "</dev/tcp/kafka/9092"; do sleep 1; done'),
      ['service kafka:9092'],
    ],
    ['telnet', sh('until telnet mail 25; do sleep 1; done'), ['service mail:25']],
    [
      'args apart from the command',
      { command: ['sh', '-c'], args: ['until nc -z db 5432; do sleep 1; done'] },
      ['service db:5432'],
    ],
    ['exec form', { command: ['/bin/nc', '-z', 'db', '5432'] }, ['service db:5432 strong']],
    [
      'tini before it',
      { command: ['/sbin/tini', '--', 'sh', '-c', 'until nc -z db 5432; do sleep 1; done'] },
      ['service db:5432'],
    ],
    [
      'env before it',
      { command: ['env', 'A=b', 'bash', '-c', 'until nc -z db 5432; do sleep 1; done'] },
      ['service db:5432'],
    ],
    [
      'a comment',
      sh('# until nc -z old 1; do\nuntil nc -z db 5432; do sleep 1; done # nc -z none 2'),
      ['service db:5432'],
    ],
    [
      'a here-document',
      sh('cat > /tmp/x <<EOF\nuntil nc -z none 1; do sleep 1; done\nEOF\nuntil nc -z db 5432; do sleep 1; done'),
      ['service db:5432'],
    ],
    ['continued lines', sh('until \\\n  nc -z \\\n  db 5432; do sleep 1; done'), ['service db:5432']],
    ['|| exit', sh('nc -z db 5432 || exit 1'), ['service db:5432 strong']],
  ])('%s', (_, spec, expected) => {
    expect(told(spec)).toEqual(expected);
  });
});
