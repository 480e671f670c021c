import { z } from 'zod';

/**
 * The same value with its members in the order of its schema, further ones behind them. What a database keeps as jsonb comes
 * back in an order that nobody can read.
 */
export function inOrder<T>(schema: z.ZodType, value: T): T {
  const inner = bare(schema);
  if (Array.isArray(value))
    return inner instanceof z.ZodArray ? (value.map((one) => inOrder(inner.element as z.ZodType, one)) as T) : value;
  if (!(inner instanceof z.ZodObject) || typeof value !== 'object' || value === null) return value;

  const given = value as Readonly<Record<string, unknown>>;
  const shape = inner.shape as Readonly<Record<string, z.ZodType>>;
  const known = Object.entries(shape).filter(([name]) => name in given);
  return {
    ...Object.fromEntries(known.map(([name, one]) => [name, inOrder(one, given[name])])),
    ...further(given, shape),
  } as T;
}

const further = (given: Readonly<Record<string, unknown>>, shape: Readonly<Record<string, z.ZodType>>) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !(name in shape)));

const bare = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ? bare(schema.unwrap() as z.ZodType) : schema;
