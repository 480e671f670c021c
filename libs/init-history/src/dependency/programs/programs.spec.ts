/** Programs that charts wait with, each with the options that they are given. */
import { describe, expect, it } from 'vitest';
import { env, sh, told, type Spec } from '../../testing/init-container.js';

describe('a program that waits, or is asked in a loop', () => {
  it.each<[string, Spec, readonly string[]]>([
    // HTTP.
    [
      'wget --spider',
      sh('until wget --spider -q http://api:8080/healthz; do sleep 1; done'),
      ['url http://api:8080/healthz'],
    ],
    [
      'wget -qO-',
      sh('until wget -qO- http://keycloak.auth.svc.cluster.local/realms/master; do sleep 5; done'),
      ['url http://keycloak.auth/realms/master'],
    ],
    [
      'curl in until',
      sh('until curl -sf http://elasticsearch:9200/_cluster/health > /dev/null; do sleep 3; done'),
      ['url http://elasticsearch:9200/_cluster/health'],
    ],
    ['curl without scheme', sh('until curl -s web:8000/ready; do sleep 1; done'), ['url http://web:8000/ready']],
    [
      'the status code in a test',
      sh(
        'until [ "$(curl -s -o /dev/null -w \'%{http_code}\' http://vault:8200/v1/sys/health)" = "200" ]; do sleep 1; done',
      ),
      ['url http://vault:8200/v1/sys/health'],
    ],
    [
      'while [[ $(…) != 200 ]]',
      {
        command: [
          'bash',
          '-c',
          'while [[ "$(curl -s -o /dev/null -w \'\'%{http_code}\'\' http://arango:8529)" != "200" ]]; do sleep 5; done',
        ],
      },
      ['url http://arango:8529'],
    ],
    [
      'the status code in a variable',
      sh(
        'code=0; while [ "$code" != "200" ]; do code="$(curl -s -o /dev/null -w "%{http_code}" http://arango:8529)"; sleep 5; done',
      ),
      ['url http://arango:8529 strong'],
    ],
    [
      'backticks',
      sh('while [ `curl -s -o /dev/null -w "%{http_code}" https://idp/health` -ne 200 ]; do sleep 1; done'),
      ['url https://idp/health'],
    ],
    [
      'curl --retry',
      {
        image: 'curlimages/curl:8',
        command: [
          'curl',
          '--retry',
          '10',
          '--retry-delay',
          '3',
          '--retry-connrefused',
          'http://config:8888/actuator/health',
        ],
      },
      ['url http://config:8888/actuator/health'],
    ],
    [
      'a user and a query in the URL',
      sh('until curl -f "http://<masked:abc>@api/x?token=<masked:def>"; do sleep 1; done'),
      ['url http://api/x'],
    ],
    [
      'grpc_health_probe',
      { command: ['/bin/grpc_health_probe', '-addr=cart:7070', '-connect-timeout=1s'] },
      ['service cart:7070 strong'],
    ],
    [
      'a loop of the mesh proxy',
      sh('until curl -fsI http://localhost:15021/healthz/ready; do sleep 1; done'),
      ['url http://localhost:15021/healthz/ready'],
    ],

    // Databases and queues.
    [
      'pg_isready',
      sh('until pg_isready -h postgres -p 5432 -U postgres; do echo waiting; sleep 2; done'),
      ['service postgres:5432'],
    ],
    [
      'pg_isready and its own port',
      sh('until pg_isready -U app -h pghost; do sleep 2 ; done'),
      ['service pghost:5432 strong'],
    ],
    [
      'pg_isready with equals',
      sh('until pg_isready --host=db.data --port=6432 --timeout=3; do sleep 1; done'),
      ['service db.data:6432 strong'],
    ],
    [
      'pg_isready by PGHOST',
      { command: ['sh', '-c', 'until pg_isready; do sleep 1; done'], ...env({ PGHOST: 'pg-rw', PGPORT: '5433' }) },
      ['service pg-rw:5432 strong'],
    ],
    [
      'psql',
      sh('until PGPASSWORD=<masked:a1> psql -h "db" -U "app" -d app -c "\\q"; do sleep 1; done'),
      ['service db:5432 strong'],
    ],
    [
      'psql with a URL',
      sh('until psql postgres://<masked:xyz>@db:5432/app -c "select 1"; do sleep 1; done'),
      ['service db:5432'],
    ],
    [
      'mysqladmin ping',
      sh('while ! mysqladmin ping -h mariadb -u"$USER" -p"$PASSWORD" --silent; do sleep 8; done'),
      ['service mariadb:3306 strong'],
    ],
    [
      'mysqladmin -hHOST -P',
      sh('until mysqladmin ping -hdb -P 3307 -uroot -p<masked:abc>; do sleep 1; done'),
      ['service db:3307'],
    ],
    [
      'mysql in a loop',
      sh('until mysql --host=mysql --port=3306 --user=app -e "SELECT 1"; do sleep 1; done'),
      ['service mysql:3306'],
    ],
    [
      'mysqladmin status',
      sh('until MYSQL_PWD=<masked:a> mysqladmin status -h db; do sleep 1; done'),
      ['service db:3306 strong'],
    ],
    [
      'redis-cli ping',
      sh('until redis-cli -h redis -p 6379 ping | grep -q PONG; do sleep 2; done'),
      ['service redis:6379'],
    ],
    [
      'redis-cli in a test',
      sh('until [ "$(redis-cli -h redis-master ping)" = "PONG" ]; do sleep 1; done'),
      ['service redis-master:6379 strong'],
    ],
    ['redis-cli by URL', sh('until redis-cli -u redis://cache:6380 ping; do sleep 1; done'), ['service cache:6380']],
    [
      'mongosh',
      sh('until mongosh --host mongo-0.mongo --port 27017 --eval \'db.adminCommand("ping")\'; do sleep 1; done'),
      ['pod mongo-0.mongo:27017 strong'],
    ],
    [
      'mongo with an address',
      sh('until mongo mongo:27017/admin --eval "db.stats()"; do sleep 1; done'),
      ['service mongo:27017'],
    ],
    [
      'kafka-topics',
      sh('until kafka-topics.sh --bootstrap-server kafka:9092 --list; do sleep 1; done'),
      ['service kafka:9092'],
    ],
    [
      'kafka with several brokers',
      sh('until kafka-broker-api-versions --bootstrap-server b0:9092,b1:9092; do sleep 1; done'),
      ['service b0:9092', 'service b1:9092'],
    ],
    ['cub kafka-ready', { command: ['sh', '-c', 'cub kafka-ready -b kafka:29092 1 120'] }, ['service kafka:29092']],
    ['cub zk-ready', sh('cub zk-ready zookeeper:2181 60'), ['service zookeeper:2181']],
    ['cqlsh', sh('until cqlsh cassandra -e "describe keyspaces"; do sleep 5; done'), ['service cassandra:9042 strong']],
    [
      'nats',
      sh('until nats --server nats://nats:4222 server check connection; do sleep 1; done'),
      ['service nats:4222'],
    ],
    [
      'etcdctl',
      sh('until etcdctl --endpoints=http://etcd-0.etcd:2379,http://etcd-1.etcd:2379 endpoint health; do sleep 1; done'),
      ['url http://etcd-0.etcd:2379 strong', 'url http://etcd-1.etcd:2379 strong'],
    ],
    [
      'sqlcmd',
      sh('until /opt/mssql-tools/bin/sqlcmd -S mssql,1433 -U sa -P "$P" -Q "SELECT 1"; do sleep 1; done'),
      ['service mssql:1433'],
    ],
    [
      'temporal',
      sh('until temporal operator cluster health --address temporal-frontend:7233; do sleep 1; done'),
      ['service temporal-frontend:7233'],
    ],
    [
      'clickhouse-client',
      sh('until clickhouse-client --host clickhouse --query "SELECT 1"; do sleep 1; done'),
      ['service clickhouse:9000 strong'],
    ],

    // Programs made for waiting.
    [
      'wait-for-it',
      { command: ['./wait-for-it.sh', 'db:5432', '--timeout=60', '--strict', '--', 'echo', 'up'] },
      ['service db:5432'],
    ],
    ['wait-for-it -h -p', sh('/wait-for-it.sh -h peerbook -p 17777 -t 300'), ['service peerbook:17777']],
    ['wait-for-it --host=', sh('wait-for-it.sh --host=rabbitmq --port=5672'), ['service rabbitmq:5672']],
    ['wait-for', sh('wait-for postgres:5432 -t 60 -- sh -c "echo ok"'), ['service postgres:5432']],
    [
      'wait-for a URL',
      { image: 'ghcr.io/patrickhuber/wait-for:1', args: ['http://api:8080/ready'] },
      ['url http://api:8080/ready'],
    ],
    [
      'dockerize',
      {
        image: 'jwilder/dockerize:0.6.1',
        args: ['-wait', 'tcp://db:5432', '-wait', 'http://web:80', '-timeout', '60s'],
      },
      ['service db:5432', 'url http://web:80'],
    ],
    ['dockerize in a shell', sh('dockerize -wait tcp://redis:6379 -timeout 1m && echo go'), ['service redis:6379']],
    ['wait4x', { image: 'atkrad/wait4x:2', args: ['tcp', 'db:5432', '-t', '60s'] }, ['service db:5432']],
    [
      'wait4x postgresql',
      { image: 'docker.io/wait4x/wait4x', args: ['postgresql', 'postgres://<masked:a>@db:5432/app?sslmode=disable'] },
      ['service db:5432'],
    ],
    ['wait-on', { command: ['npx-less', 'x'], args: [] }, []],
    [
      'wait-on of npm',
      sh('wait-on -t 60000 tcp:db:5432 http-get://api:3000/health'),
      ['service db:5432', 'url http://api:3000/health'],
    ],
    ['a script of the image', { command: ['/scripts/wait-for-db.sh', 'db:5432'] }, ['service db:5432']],
    ['a script with host and port', { command: ['bash', '/opt/wait_for_port.sh', 'db', '5432'] }, ['service db:5432']],

    // Objects of the cluster.
    [
      'kubectl wait',
      {
        image: 'bitnami/kubectl:1.30',
        args: ['wait', 'job/app-createdb', '--for=condition=complete', '--timeout=300s'],
      },
      ['job job app-createdb'],
    ],
    [
      'kubectl wait, type and name',
      {
        image: 'registry.k8s.io/kubectl',
        command: ['kubectl'],
        args: ['wait', 'pod', 'minio-0', '--for=condition=containersready'],
      },
      ['pod pod minio-0'],
    ],
    [
      'kubectl wait by label',
      sh('kubectl wait --for=condition=ready pod -l app=db -n data --timeout=600s'),
      ['pod pod -l app=db in data'],
    ],
    [
      'kubectl rollout status',
      sh('kubectl -n infra rollout status deploy/vault'),
      ['resource deployment/vault in infra'],
    ],
    [
      'kubectl get in a loop',
      sh('until kubectl get secret/tls -n certs; do sleep 5; done'),
      ['resource secret/tls in certs'],
    ],
    [
      'k8s-wait-for job',
      { image: 'ghcr.io/groundnuty/k8s-wait-for:v2.0', args: ['job', 'migrate', '-n', 'data'] },
      ['job job migrate in data'],
    ],
    [
      'k8s-wait-for service',
      { image: 'registry.corp/groundnuty/k8s-wait-for:v1.3', args: ['service', 'sqlserver'] },
      ['service service sqlserver'],
    ],
    [
      'k8s-wait-for pods',
      { image: 'groundnuty/k8s-wait-for:no-root-v1.7', args: ['pod', '-lapp=api'] },
      ['pod pod -l app=api'],
    ],
    [
      'k8s-wait-for in one word',
      { image: 'groundnuty/k8s-wait-for', args: ['pod-wr -lapp=api'] },
      ['pod pod -l app=api'],
    ],
    [
      'kubernetes-entrypoint',
      {
        image: 'quay.io/airshipit/kubernetes-entrypoint:v1.0.0',
        command: ['kubernetes-entrypoint'],
        ...env({ DEPENDENCY_SERVICE: 'mariadb', DEPENDENCY_JOBS: 'keystone-db-sync', COMMAND: 'echo done' }),
      },
      ['service service mariadb', 'job job keystone-db-sync'],
    ],
    [
      'depends-on',
      { image: 'opsfleet/depends-on:v1', args: ['-service=db', '-job=seed'] },
      ['service service db', 'job job seed'],
    ],
    [
      'airflow check-migrations',
      { image: 'apache/airflow:2.9.2', args: ['airflow', 'db', 'check-migrations', '--migration-wait-timeout=60'] },
      ['migrations airflow migrations'],
    ],
    [
      'airflow in a shell',
      { args: ['bash', '-c', 'exec airflow db check-migrations -t 60'] },
      ['migrations airflow migrations'],
    ],
    ['a file of a sidecar', sh('until [ -f /vault/secrets/config ]; do sleep 1; done'), ['file /vault/secrets/config']],
    ['a file, while', sh('while ! test -e /shared/ready; do sleep 1; done'), ['file /shared/ready']],
  ])('%s', (_, spec, expected) => {
    expect(told(spec)).toEqual(expected);
  });
});
