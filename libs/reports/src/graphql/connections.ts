import { GraphQLBoolean, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql/index.js';
import type { List } from '../shapes/common.js';

const PageInfo = new GraphQLObjectType({
  name: 'PageInfo',
  fields: {
    hasNextPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    hasPreviousPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    startCursor: { type: GraphQLString },
    endCursor: { type: GraphQLString },
  },
});

const made = new WeakMap<GraphQLObjectType, GraphQLObjectType>();

/** The Relay connection of a type, with the `meta` of REST's envelope. */
export function connectionOf(node: GraphQLObjectType, meta: GraphQLObjectType): GraphQLObjectType {
  const kept = made.get(node);
  if (kept) return kept;
  const edge = new GraphQLObjectType({
    name: `${node.name}Edge`,
    fields: { cursor: { type: new GraphQLNonNull(GraphQLString) }, node: { type: new GraphQLNonNull(node) } },
  });
  const connection = new GraphQLObjectType({
    name: `${node.name}Connection`,
    fields: {
      edges: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(edge))) },
      pageInfo: { type: new GraphQLNonNull(PageInfo) },
      meta: { type: new GraphQLNonNull(meta) },
    },
  });
  made.set(node, connection);
  return connection;
}

/** A list of REST as a Relay connection: the same items, the same cursors. */
export function toConnection<T>({ items, page, meta, cursorAt }: List<T>): unknown {
  const edges = items.map((node, index) => ({ node, cursor: cursorAt?.(index) ?? String(index) }));
  return {
    edges,
    meta,
    pageInfo: {
      hasNextPage: page.hasMore,
      hasPreviousPage: false,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
