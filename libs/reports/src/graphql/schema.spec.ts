import { printSchema, validateSchema } from 'graphql/index.js';
import { describe, expect, it } from 'vitest';
import type { Questions } from './questions.js';
import { graphqlSchema } from './schema.js';

const schema = graphqlSchema({} as Questions);

describe('the GraphQL schema', () => {
  it('is valid', () => {
    expect(validateSchema(schema).map(({ message }) => message)).toEqual([]);
  });

  it('has every question of REST, with its parameters', () => {
    const text = printSchema(schema);

    expect(text).toContain('first: Int!');
    expect(Object.keys(schema.getQueryType()?.getFields() ?? {}).toSorted()).toEqual(
      [
        'clusters',
        'dependencies',
        'durations',
        'failures',
        'findings',
        'gaps',
        'node',
        'pod',
        'podEvents',
        'podLogs',
        'podTimeline',
        'pods',
        'restarts',
        'stuck',
        'workload',
        'workloads',
      ].toSorted(),
    );
  });

  it('closes every enum with an unknown value', () => {
    const enums = printSchema(schema).match(/enum \w+ {[^}]*}/g) ?? [];

    expect(enums.length).toBeGreaterThan(5);
    expect(enums.filter((text) => !/unknown/i.test(text))).toEqual([]);
  });
});
