export { earlierDatabase, freshDatabase, type FreshDatabase } from './fresh-database.js';
export { startTestServer, withClient, inDatabase, type TestServer } from './test-server.js';
export { freePort, redisIsHere, startRedis, type TestRedis } from './redis.js';
