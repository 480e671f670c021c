import { defineConfig } from 'prisma/config';

// The CLI asks for a schema engine that is a download; generating the client never runs it, so any executable will do.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: '../prisma/schema.prisma', migrations: { path: '../prisma/migrations' } });
