import {
  GraphQLID,
  GraphQLInterfaceType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  type GraphQLFieldConfig,
} from 'graphql/index.js';
import { z } from 'zod';
import type { Viewer } from '#libs/access';
import { paging, viewpoint, viewpointAt } from '../asking/parameters.js';
import { Cluster, ClustersFilter, GapsFilter, RecordedGap } from '../clusters/cluster.schema.js';
import { DependencyFilter, DependencyRow } from '../dependencies/dependency.schema.js';
import { FindingsFilter, FoundInPod } from '../findings/finding.schema.js';
import { PodFilter } from '../pods/pod-filter.js';
import { Meta, type List, type One } from '../shapes/common.js';
import { fromGlobalId } from '../shapes/global-id.js';
import { ObservationView, Timeline } from '../shapes/happening.js';
import { LogTail } from '../shapes/log-tail.js';
import { Pod, PodDetail } from '../shapes/pod.js';
import { DurationRow, FailureRow, ReportFilter, RestartRow } from '../statistics/report.schema.js';
import { Stuck, StuckFilter } from '../stuck/stuck.schema.js';
import { WorkloadDetail, WorkloadFilter, WorkloadsFilter, WorkloadSummary } from '../workloads/workload.schema.js';
import { argumentsOf, asked } from './arguments.js';
import { connectionOf, toConnection } from './connections.js';
import type { Questions } from './questions.js';
import { AnswerTypes } from './types.js';

/** What a resolver knows of the request. */
export type Asking = Readonly<{ viewer: Viewer }>;

type Field = GraphQLFieldConfig<unknown, Asking>;

const PodViewpoint = z.strictObject(viewpointAt);
const ObservationsPage = z.strictObject({ ...viewpoint, ...paging });
const named = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { type: new GraphQLNonNull(GraphQLString) }]));

/** The questions of REST as GraphQL: the same services, the same data. */
export function graphqlSchema(questions: Questions): GraphQLSchema {
  const node = new GraphQLInterfaceType({
    name: 'Node',
    fields: { id: { type: new GraphQLNonNull(GraphQLID) } },
    resolveType: (value: Readonly<{ type: string }>) => value.type,
  });
  const types = new AnswerTypes(node);
  const fields = { ...lists(types, questions), ...things(types, questions), node: nodeField(node, questions) };
  return new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) });
}

function lists(types: AnswerTypes, ask: Questions): Record<string, Field> {
  const meta = types.of(Meta);
  const list = <F, T>(
    item: z.ZodType<T>,
    filter: z.ZodType<F>,
    tell: (viewer: Viewer, filter: F) => Promise<List<T>>,
  ): Field => ({
    type: new GraphQLNonNull(connectionOf(types.of(item), meta)),
    args: argumentsOf(filter),
    resolve: async (_source, given, { viewer }) => toConnection(await tell(viewer, asked(filter, given))),
  });
  return {
    pods: list(Pod, PodFilter, (viewer, filter) => ask.pods.list(viewer, filter)),
    stuck: list(Stuck, StuckFilter, (viewer, filter) => ask.stuck.list(viewer, filter)),
    workloads: list(WorkloadSummary, WorkloadsFilter, (viewer, filter) => ask.workloads.list(viewer, filter)),
    durations: list(DurationRow, ReportFilter, (viewer, filter) => ask.reports.durations(viewer, filter)),
    failures: list(FailureRow, ReportFilter, (viewer, filter) => ask.reports.failures(viewer, filter)),
    restarts: list(RestartRow, ReportFilter, (viewer, filter) => ask.reports.restarts(viewer, filter)),
    dependencies: list(DependencyRow, DependencyFilter, (viewer, filter) => ask.dependencies.list(viewer, filter)),
    findings: list(FoundInPod, FindingsFilter, (viewer, filter) => ask.findings.list(viewer, filter)),
    gaps: list(RecordedGap, GapsFilter, (viewer, filter) => ask.gaps.list(viewer, filter)),
    clusters: list(Cluster, ClustersFilter, (viewer, filter) => ask.clusters.list(viewer, filter)),
    podEvents: {
      type: new GraphQLNonNull(connectionOf(types.of(ObservationView), meta)),
      args: { ...named('uid'), ...argumentsOf(ObservationsPage) },
      resolve: async (_source, { uid, ...given }, { viewer }) =>
        toConnection(await ask.pod.observations(viewer, String(uid), asked(ObservationsPage, given))),
    },
    podLogs: {
      type: new GraphQLNonNull(connectionOf(types.of(LogTail), meta)),
      args: { ...named('uid'), ...argumentsOf(ObservationsPage) },
      resolve: async (_source, { uid, ...given }, { viewer }) =>
        toConnection(await ask.pod.logs(viewer, String(uid), asked(ObservationsPage, given))),
    },
  };
}

function things(types: AnswerTypes, ask: Questions): Record<string, Field> {
  const one = <T>(
    data: z.ZodType<T>,
    args: Field['args'],
    tell: (viewer: Viewer, given: Readonly<Record<string, unknown>>) => Promise<One<T>>,
  ): Field => ({
    type: new GraphQLNonNull(answerOf(types, data)),
    ...(args ? { args } : {}),
    resolve: (_source, given, { viewer }) => tell(viewer, given),
  });
  return {
    pod: one(PodDetail, { ...named('uid'), ...argumentsOf(PodViewpoint) }, (viewer, { uid, ...given }) =>
      ask.pod.get(viewer, String(uid), asked(PodViewpoint, given)),
    ),
    podTimeline: one(Timeline, { ...named('uid'), ...argumentsOf(PodViewpoint) }, (viewer, { uid, ...given }) =>
      ask.pod.timeline(viewer, String(uid), asked(PodViewpoint, given)),
    ),
    workload: one(
      WorkloadDetail,
      { ...named('cluster', 'namespace', 'kind', 'name'), ...argumentsOf(WorkloadFilter) },
      (viewer, { cluster, namespace, kind, name, ...given }) =>
        ask.workloads.get(
          viewer,
          { cluster: String(cluster), namespace: String(namespace), kind: String(kind), name: String(name) },
          asked(WorkloadFilter, given),
        ),
    ),
  };
}

function answerOf(types: AnswerTypes, data: z.ZodType): GraphQLObjectType {
  const type = types.of(data);
  return new GraphQLObjectType({
    name: `${type.name}Answer`,
    fields: { data: { type: new GraphQLNonNull(type) }, meta: { type: new GraphQLNonNull(types.of(Meta)) } },
  });
}

/** One thing by its global id (Relay): null where there is none, or none to be seen. */
const nodeField = (type: GraphQLInterfaceType, ask: Questions): Field => ({
  type,
  args: { id: { type: new GraphQLNonNull(GraphQLID) } },
  resolve: async (_source, { id }, { viewer }) => {
    const found = fromGlobalId(String(id));
    if (!found) return null;
    const [first = '', namespace = '', kind = '', name = ''] = found.name;
    switch (found.kind) {
      case 'Pod':
        return withType('PodDetail', await orNull(ask.pod.get(viewer, first, {})));
      case 'Workload':
        return withType(
          'WorkloadDetail',
          await orNull(ask.workloads.get(viewer, { cluster: first, namespace, kind, name }, {})),
        );
      case 'Cluster':
        return withType('Cluster', {
          data: (await ask.clusters.list(viewer, {})).items.find((cluster) => cluster.id === id),
        });
      default:
        return null;
    }
  },
});

const withType = (type: string, found: Readonly<{ data?: object | undefined }> | null): unknown =>
  found?.data ? { ...found.data, type } : null;

const orNull = async <T>(found: Promise<T>): Promise<T | null> => {
  try {
    return await found;
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
};

const isUnknown = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  (error.code === 'pod-unknown' || error.code === 'workload-unknown');
