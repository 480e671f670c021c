import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLString,
  type GraphQLFieldConfig,
  type GraphQLInterfaceType,
  type GraphQLNullableType,
  type GraphQLOutputType,
} from 'graphql/index.js';
import { z } from 'zod';

/** The part of a JSON Schema that our answers are made of. */
type Shape = Readonly<{
  $ref?: string;
  type?: string | readonly string[];
  anyOf?: readonly Shape[];
  enum?: readonly string[];
  items?: Shape;
  properties?: Readonly<Record<string, Shape>>;
  required?: readonly string[];
  description?: string;
  id?: string;
}>;

type Owner = Readonly<{ name: string; required: readonly string[] }>;

/** RFC 3339 in UTC, as text. */
const DateTime = new GraphQLScalarType({ name: 'DateTime', description: 'RFC 3339 in UTC', serialize: String });
const Json = new GraphQLScalarType({
  name: 'JSON',
  description: 'What has members of its own kind',
  serialize: (value) => value,
});

/** Types that have an id in all of the service. */
const identified: ReadonlySet<string> = new Set(['Pod', 'PodDetail', 'WorkloadSummary', 'WorkloadDetail', 'Cluster']);

/** GraphQL types made of the schemas of REST's answers: the same names, the same members, so the same data. */
export class AnswerTypes {
  private readonly made = new Map<string, GraphQLNullableType & GraphQLOutputType>();

  constructor(private readonly node: GraphQLInterfaceType) {}

  /** The object type of a schema with a name. */
  of(schema: z.ZodType): GraphQLObjectType {
    const { $defs = {}, ...whole } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
    return this.toType(whole as Shape, $defs as Readonly<Record<string, Shape>>, 'Answer') as GraphQLObjectType;
  }

  private toType(
    shape: Shape,
    named: Readonly<Record<string, Shape>>,
    name: string,
  ): GraphQLNullableType & GraphQLOutputType {
    const reference = shape.$ref?.split('/').at(-1);
    if (reference === 'Time') return DateTime;
    if (reference !== undefined) return this.toType(named[reference] ?? {}, named, reference);
    if (shape.enum) return this.keep(shape.id ?? name, (own) => closed(own, shape.enum ?? []));
    if (shape.type === 'array') return new GraphQLList(this.toField(shape.items ?? {}, named, name));
    if (shape.type === 'object' && shape.properties)
      return this.keep(shape.id ?? name, (own) => this.toObject(own, shape, named));
    return scalars[String(shape.type)] ?? Json;
  }

  private toObject(name: string, shape: Shape, named: Readonly<Record<string, Shape>>): GraphQLObjectType {
    return new GraphQLObjectType({
      name,
      ...(shape.description ? { description: shape.description } : {}),
      interfaces: identified.has(name) ? [this.node] : [],
      fields: () => ({
        ...Object.fromEntries(
          Object.entries(shape.properties ?? {}).map(([field, one]) => [
            field,
            this.toFieldConfig([field, one], named, { name, required: shape.required ?? [] }),
          ]),
        ),
        ...(name === 'Happening' ? { detail: ofItsType(Object.keys(shape.properties ?? {})) } : {}),
      }),
    });
  }

  private toFieldConfig(
    [field, shape]: readonly [string, Shape],
    named: Readonly<Record<string, Shape>>,
    owner: Owner,
  ): GraphQLFieldConfig<unknown, unknown> {
    const isId = field === 'id' && identified.has(owner.name);
    const whole = isId
      ? new GraphQLNonNull(GraphQLID)
      : this.toField(shape, named, `${owner.name}${field[0]?.toUpperCase()}${field.slice(1)}`);
    const type =
      owner.required.includes(field) || !(whole instanceof GraphQLNonNull)
        ? whole
        : (whole.ofType as GraphQLOutputType);
    return {
      type,
      ...(shape.description ? { description: shape.description } : {}),
      resolve: (source) => known(type, (source as Record<string, unknown>)[field]),
    };
  }

  /** A member that may be null is a union with null in the schema, and nullable here. */
  private toField(shape: Shape, named: Readonly<Record<string, Shape>>, name: string): GraphQLOutputType {
    const { bare, isNullable } = withoutNull(shape);
    const type = this.toType(bare, named, name);
    const isOpen = bare.type === undefined && bare.$ref === undefined && !bare.enum;
    return isNullable || isOpen ? type : new GraphQLNonNull(type);
  }

  private keep(
    name: string,
    make: (name: string) => GraphQLNullableType & GraphQLOutputType,
  ): GraphQLNullableType & GraphQLOutputType {
    const kept = this.made.get(name);
    if (kept) return kept;
    const type = make(name);
    this.made.set(name, type);
    return type;
  }
}

/** Null is said in two ways: as one of several types, or as one of several schemas. */
function withoutNull(shape: Shape): Readonly<{ bare: Shape; isNullable: boolean }> {
  if (Array.isArray(shape.type)) {
    const [type] = (shape.type as readonly string[]).filter((one) => one !== 'null');
    return { bare: { ...shape, ...(type === undefined ? {} : { type }) }, isNullable: shape.type.includes('null') };
  }
  const given = shape.anyOf?.filter(({ type }) => type !== 'null');
  return { bare: given?.[0] ?? shape, isNullable: given !== undefined && given.length < (shape.anyOf?.length ?? 0) };
}

const scalars: Readonly<Record<string, GraphQLScalarType>> = {
  string: GraphQLString,
  integer: GraphQLInt,
  number: GraphQLFloat,
  boolean: GraphQLBoolean,
};

/** A closed enum: a value that a later version adds is UNKNOWN to who asks by this one. */
function closed(name: string, values: readonly string[]): GraphQLEnumType {
  const all = values.some((value) => value.toUpperCase() === 'UNKNOWN') ? values : [...values, 'UNKNOWN'];
  return new GraphQLEnumType({ name, values: Object.fromEntries(all.map((value) => [value, { value }])) });
}

/** The value, or UNKNOWN where its enum does not have it. */
function known(type: GraphQLOutputType, value: unknown): unknown {
  const bare = type instanceof GraphQLNonNull ? (type.ofType as GraphQLOutputType) : type;
  if (!(bare instanceof GraphQLEnumType) || typeof value !== 'string' || bare.getValue(value)) return value;
  return bare.getValues().find(({ name }) => name.toUpperCase() === 'UNKNOWN')?.value;
}

/** Members that only some happenings have. */
const ofItsType = (common: readonly string[]): GraphQLFieldConfig<unknown, unknown> => ({
  type: Json,
  description: 'Its further members, of its type',
  resolve: (source) =>
    Object.fromEntries(Object.entries(source as Record<string, unknown>).filter(([name]) => !common.includes(name))),
});
