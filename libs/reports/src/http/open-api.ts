import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { ProblemBody } from './problem.schema.js';

type Schemas = Record<string, unknown>;

/** The OpenAPI 3.1 document of everything that this application answers over HTTP. */
export function openApi(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('Initledger')
    .setDescription(
      'The flight recorder of pod initialization: how long, how often, why did it fail, what is stuck, what exactly happened.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config, { standardSchemaConverter, operationIdFactory });
  const { schema, components } = converted(ProblemBody, 'output');
  document.components ??= {};
  document.components.schemas = { ...document.components.schemas, Problem: schema, ...components };
  return document;
}

/** Serves the document at `/openapi.json`. Before the application listens. */
export function serveOpenApi(app: NestFastifyApplication): void {
  let text: string | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', (_request, reply) => {
      text ??= JSON.stringify(openApi(app));
      return reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(text);
    });
}

const operationIdFactory = (controller: string, method: string): string =>
  `${controller.replace('Controller', '')}_${method}`;

/** Zod in the dialect of 3.1, instead of the converter's 3.0; what has a name of its own goes into the components. */
const standardSchemaConverter = (schema: unknown, { schemaType }: Readonly<{ schemaType: 'input' | 'output' }>) =>
  schema instanceof z.ZodType ? converted(schema, schemaType) : undefined;

function converted(schema: z.ZodType, io: 'input' | 'output'): { schema: Schemas; components: Schemas } {
  const {
    $schema: _dialect,
    $defs = {},
    ...whole
  } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    // An answer may gain members: whoever checks it by this document must not refuse them.
    override: ({ jsonSchema }) => void (io === 'output' && delete jsonSchema.additionalProperties),
  });
  const named = Object.entries($defs).map(([name, definition]) => [name, bare(definition as Schemas)]);
  return { schema: bare(whole), components: Object.fromEntries(named) as Schemas };
}

/** A schema without the mark of its name, which JSON Schema would read as a URI. */
function bare(schema: Schemas): Schemas {
  const { id: _id, $id: _uri, ...rest } = schema;
  return rest;
}
