import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { PrismaService } from './prisma-service.js';

describe('PrismaService', () => {
  let database: FreshDatabase;
  let prisma: PrismaService;

  beforeAll(async () => {
    database = await freshDatabase();
    prisma = new PrismaService(database.urls.api);
  });
  afterAll(async () => {
    await prisma.$disconnect();
    await database.close();
  });

  it('agrees with the migrations about every column it names', async () => {
    const found = await Promise.all([
      prisma.shard.findMany(),
      prisma.gap.findMany(),
      prisma.alert.findMany(),
      prisma.delivery.findMany(),
    ]);

    expect(found).toEqual([[], [], [], []]);
  });

  it('may not write', async () => {
    await expect(prisma.gap.deleteMany()).rejects.toThrow(/denied/u);
  });
});
