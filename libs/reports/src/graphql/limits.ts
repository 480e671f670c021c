import { GraphQLError, type DocumentNode, type GraphQLSchema } from 'graphql/index.js';
import { getComplexity, type ComplexityEstimator } from 'graphql-query-complexity';

/** Levels of fields, leaves counted: enough for the question that tools ask about the schema. */
export const deepest = 15;

/** Values that one request may ask for: some 500 pods with all their fields. */
export const mostComplex = 50_000;

/** A list that is not paged inside one thing is reckoned with so many members. */
const usualMembers = 10;

const innerLists: ReadonlySet<string> = new Set([
  'cycles',
  'phases',
  'initContainers',
  'attempts',
  'dependencies',
  'findings',
  'changedSince',
  'happenings',
  'waterfall',
  'annotations',
  'byRevision',
  'byContainer',
]);

const estimator: ComplexityEstimator = ({ args, childComplexity, field }) => {
  const first: unknown = args['first'];
  if (typeof first === 'number') return 1 + Math.max(1, first) * childComplexity;
  return 1 + (innerLists.has(field.name) ? usualMembers : 1) * childComplexity;
};

/** Refuses what would ask for too much, before anything is read. @throws GraphQLError with the code `query-too-complex` */
export function refuseTooComplex(
  schema: GraphQLSchema,
  query: DocumentNode,
  variables: Record<string, unknown> | undefined,
): void {
  const complexity = getComplexity({ schema, query, variables: variables ?? {}, estimators: [estimator] });
  if (complexity <= mostComplex) return;
  throw new GraphQLError(
    `The query may ask for ${complexity} values; ${mostComplex} is the most. Ask for fewer fields, or a smaller first`,
    {
      extensions: { code: 'query-too-complex', complexity, most: mostComplex },
    },
  );
}
