/** Last words of containers, as resolvers, shells, runtimes and clients write them. */
import { describe, expect, it } from 'vitest';
import { unreachable } from './messages.js';

describe('what a message says was not to be reached', () => {
  it.each([
    ['dial tcp: lookup mydb on 10.96.0.10:53: no such host', 'mydb'],
    ['panic: dial tcp: lookup mydb.data.svc.cluster.local: i/o timeout', 'mydb.data'],
    ['failed to connect: dial tcp 10.0.0.5:5432: connect: connection refused', '10.0.0.5:5432'],
    ['dial tcp mydb:5432: i/o timeout', 'mydb:5432'],
    ['curl: (6) Could not resolve host: api', 'api'],
    ['curl: (7) Failed to connect to api port 8080 after 2 ms: Connection refused', 'api:8080'],
    ["nc: bad address 'mydb'", 'mydb'],
    ["wget: bad address 'api:8080'", 'api:8080'],
    ['nc: mydb (10.1.2.3:5432): Connection refused', 'mydb:5432'],
    ["** server can't find mydb: NXDOMAIN", 'mydb'],
    ["nslookup: can't resolve 'mydb'", 'mydb'],
    ['Error: getaddrinfo ENOTFOUND mydb', 'mydb'],
    ['Error: connect ECONNREFUSED 10.0.0.1:6379', '10.0.0.1:6379'],
    ['psql: error: could not translate host name "mydb" to address: Name or service not known', 'mydb:5432'],
    ['connection to server at "mydb" (10.1.2.3), port 5432 failed: Connection refused', 'mydb:5432'],
    [
      'could not connect to server: Connection refused\n\tIs the server running on host "mydb" (10.1.2.3) and accepting\n\tTCP/IP connections on port 5432?',
      'mydb:5432',
    ],
    ['mydb:5432 - no response', 'mydb:5432'],
    ["ERROR 2002 (HY000): Can't connect to MySQL server on 'mysql:3307' (115)", 'mysql:3307'],
    ["ERROR 2003 (HY000): Can't connect to MySQL server on 'mysql' (111)", 'mysql:3306'],
    ["ERROR 2005 (HY000): Unknown MySQL server host 'mysql' (-2)", 'mysql:3306'],
    ['Could not connect to Redis at redis:6379: Name or service not known', 'redis:6379'],
    [
      "HTTPConnectionPool(host='api', port=80): Max retries exceeded with url: / (Caused by NewConnectionError('…'))",
      'api:80',
    ],
    ['java.net.UnknownHostException: kafka', 'kafka'],
    ['org.postgresql.util.PSQLException: Connection to mydb:5432 refused. Check that the hostname', 'mydb:5432'],
    ['cannot connect to postgres://<masked:abc>@db:5432/app: timeout', 'db:5432'],
    ['Error: Failed to connect to http://config:8888/app.', 'http://config:8888/app'],
    ['', null],
    ['exit status 1', null],
    ['relation "users" does not exist', null],
    ['FATAL: password authentication failed for user "app"', null],
    ['permission denied', null],
    ['listening on 0.0.0.0:8080', null],
    ['error: config file not found at /etc/app:1', null],
    ["can't find module './index'", null],
  ])('%j: %s', (message, target) => {
    expect(unreachable(message, 'shop', 3)?.target ?? null).toBe(target);
  });

  it('is strong, and names the words', () => {
    expect(unreachable('fatal: mydb:5432 - no response\n', 'shop', 3)).toEqual({
      kind: 'service',
      target: 'mydb:5432',
      endpoint: 'mydb.shop:5432',
      port: 5432,
      protocol: 'postgres',
      confidence: 'strong',
      rule: 'message',
      evidence: { source: 'message', text: 'mydb:5432 - no response', position: 3 },
    });
  });

  it('is read from the end of a long text', () => {
    expect(unreachable(`${'x '.repeat(50_000)}nc: bad address 'mydb'`, 'shop', 3)?.target).toBe('mydb');
  });
});
