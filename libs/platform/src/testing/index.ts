export { earlierDatabase, freshDatabase, type FreshDatabase } from './fresh-database.js';
export { placesHolding } from './places-holding.js';
export { ran, type Ran } from './ran.js';
export { freePort, redisIsHere, startRedis, type TestRedis } from './redis.js';
export { startTestServer, withClient, inDatabase, type TestServer } from './test-server.js';
