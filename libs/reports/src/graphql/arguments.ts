import {
  GraphQLBoolean,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputType,
} from 'graphql/index.js';
import { z } from 'zod';
import { refusal } from '../http/validation.js';

type Shape = Readonly<{ type?: string; anyOf?: readonly Shape[]; enum?: readonly string[]; description?: string }>;

/**
 * The arguments of a question, from the schema of REST's parameters. `limit` and `cursor` are `first` and `after`, as Relay
 * names them; `first` must be given.
 */
export function argumentsOf(schema: z.ZodType): GraphQLFieldConfigArgumentMap {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Readonly<Record<string, Shape>>;
  };
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => name !== 'format')
      .map(([name, shape]) => [
        renamed[name] ?? name,
        { type: typeOf(name, shape), ...(shape.description ? { description: shape.description } : {}) },
      ]),
  );
}

const renamed: Readonly<Record<string, string>> = { limit: 'first', cursor: 'after' };

function typeOf(name: string, shape: Shape): GraphQLInputType {
  if (name === 'limit') return new GraphQLNonNull(GraphQLInt);
  if (shape.anyOf?.some(({ type }) => type === 'array')) return new GraphQLList(new GraphQLNonNull(GraphQLString));
  return shape.enum?.includes('true') ? GraphQLBoolean : GraphQLString;
}

/**
 * Arguments as the question's own schema reads them: what is refused over REST is refused here, by the same words.
 *
 * @throws AuditError `query-invalid`
 */
export function asked<T>(schema: z.ZodType<T>, given: Readonly<Record<string, unknown>>): T {
  const { first, after, stuck, ...rest } = given;
  const question = { ...rest, limit: first, cursor: after, stuck: typeof stuck === 'boolean' ? String(stuck) : stuck };
  const present = Object.fromEntries(
    Object.entries(question).filter(([, value]) => value !== undefined && value !== null),
  );
  const read = schema.safeParse(present);
  if (read.success) return read.data;
  throw refusal(
    read.error.issues.map((issue) => ({
      ...issue,
      path: issue.path.map((name) => renamed[String(name)] ?? name),
      ...('keys' in issue ? { keys: issue.keys } : {}),
    })),
  );
}
