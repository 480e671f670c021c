import { infinity, metricPanel, tablePanel, type InfinityTarget, type Panel } from './panels.js';

const chosen = 'namespace=~"$namespace"';
const range = 'from=${__from}&to=${__to}';

const panels: readonly Omit<Panel, 'id'>[] = [
  metricPanel(
    'stat',
    {
      title: 'Stuck pods',
      description: 'Pods that stand in their initialization beyond their deadline, now.',
      unit: 'short',
      place: { x: 0, y: 0, w: 4, h: 6 },
    },
    { stuck: `sum(podinit_stuck_pods{${chosen}})` },
  ),
  metricPanel(
    'stat',
    {
      title: 'Oldest stuck since',
      description: 'How long the pod that has been stuck longest has stood there.',
      unit: 's',
      place: { x: 4, y: 0, w: 4, h: 6 },
    },
    { oldest: `max(time() - (podinit_oldest_stuck_start_timestamp_seconds{${chosen}} > 0))` },
  ),
  metricPanel(
    'timeseries',
    {
      title: 'Stuck pods by cause',
      description: 'Where the stuck pods stand. Gaps in recording are shaded: no failures there means nothing.',
      unit: 'short',
      place: { x: 8, y: 0, w: 16, h: 6 },
    },
    { '{{reason}}': `sum by (reason) (podinit_stuck_pods{${chosen}})` },
  ),
  metricPanel(
    'heatmap',
    {
      title: 'Duration of initializations',
      description: 'From the node’s acceptance of the pod to the end of its initialization, by the time of the end.',
      unit: 's',
      place: { x: 0, y: 6, w: 12, h: 8 },
    },
    { '{{le}}': `sum by (le) (increase(podinit_duration_seconds_bucket{${chosen}}[$__rate_interval]))` },
  ),
  metricPanel(
    'timeseries',
    {
      title: 'Duration percentiles',
      description: 'Of completed initializations whose duration is exact.',
      unit: 's',
      place: { x: 12, y: 6, w: 12, h: 8 },
    },
    Object.fromEntries(
      [50, 95, 99].map((percent) => [
        `p${percent}`,
        `histogram_quantile(${percent / 100}, sum by (le) (rate(podinit_duration_seconds_bucket{${chosen}}[$__rate_interval])))`,
      ]),
    ),
  ),
  metricPanel(
    'timeseries',
    {
      title: 'Attempts by outcome',
      description:
        'Ended attempts of init containers. Failures are counted once each, restarts of kubectl are not used.',
      unit: 'ops',
      place: { x: 0, y: 14, w: 12, h: 8 },
    },
    { '{{outcome}}': `sum by (outcome) (rate(podinit_container_attempts_total{${chosen}}[$__rate_interval]))` },
  ),
  metricPanel(
    'timeseries',
    {
      title: 'Completeness of the record',
      description: 'How far the read models are behind the record, and seconds in which changes may have gone unseen.',
      unit: 's',
      place: { x: 12, y: 14, w: 12, h: 8 },
    },
    {
      'lag {{projection}}': 'max by (projection) (podinit_projection_lag_seconds)',
      'gap {{resource}}': 'sum by (resource) (increase(podinit_watch_gap_seconds_total[$__rate_interval]))',
    },
  ),
  tablePanel(
    {
      title: 'Stuck now',
      description: 'By workload, container and cause.',
      unit: 'short',
      place: { x: 0, y: 22, w: 24, h: 8 },
    },
    '/api/v1/stuck?namespace=${namespace}',
    [
      { selector: 'namespace', text: 'namespace', type: 'string' },
      { selector: 'workload.kind', text: 'kind', type: 'string' },
      { selector: 'workload.name', text: 'workload', type: 'string' },
      { selector: 'container', text: 'container', type: 'string' },
      { selector: 'category', text: 'cause', type: 'string' },
      { selector: 'since', text: 'since', type: 'timestamp' },
      { selector: 'affected', text: 'affected', type: 'number' },
      { selector: 'total', text: 'of', type: 'number' },
      { selector: 'lastMessage', text: 'last message', type: 'string' },
    ],
  ),
  tablePanel(
    {
      title: 'Slowest workloads',
      description: 'Durations of initializations that ended in the chosen range.',
      unit: 's',
      place: { x: 0, y: 30, w: 12, h: 8 },
    },
    `/api/v1/reports/durations?groupBy=namespace&groupBy=workload&${range}`,
    [
      { selector: 'namespace', text: 'namespace', type: 'string' },
      { selector: 'workloadKind', text: 'kind', type: 'string' },
      { selector: 'workloadName', text: 'workload', type: 'string' },
      { selector: 'succeeded', text: 'initializations', type: 'number' },
      { selector: 'p50Seconds', text: 'p50', type: 'number' },
      { selector: 'p95Seconds', text: 'p95', type: 'number' },
      { selector: 'p99Seconds', text: 'p99', type: 'number' },
    ],
  ),
  tablePanel(
    {
      title: 'Failures by cause',
      description: 'Failed attempts that ended in the chosen range.',
      unit: 'short',
      place: { x: 12, y: 30, w: 12, h: 8 },
    },
    `/api/v1/reports/failures?of=attempt&${range}`,
    [
      { selector: 'category', text: 'cause', type: 'string' },
      { selector: 'failures', text: 'failures', type: 'number' },
    ],
  ),
];

/** When nobody could see, as shaded ranges on every graph. */
const gapTarget: InfinityTarget = {
  refId: 'Anno',
  datasource: infinity,
  type: 'json',
  source: 'url',
  parser: 'backend',
  format: 'table',
  url: `/api/v1/gaps?${range}`,
  root_selector: 'items',
  columns: [
    { selector: 'from', text: 'time', type: 'timestamp' },
    { selector: 'to', text: 'timeEnd', type: 'timestamp' },
    { selector: 'reason', text: 'text', type: 'string' },
  ],
  url_options: { method: 'GET' },
};

const datasourceVariable = (name: string, query: string): object => ({
  name,
  label: name,
  type: 'datasource',
  query,
  hide: 0,
});

/** The dashboard in Grafana's classic format, as file provisioning takes it in every version. */
export const dashboard = {
  uid: 'initledger-pod-init',
  title: 'Pod initialization',
  description:
    'What happens to pods before their applications start: how long, how often, why it failed, what is stuck.',
  tags: ['initledger', 'kubernetes'],
  schemaVersion: 42,
  editable: false,
  timezone: 'utc',
  time: { from: 'now-6h', to: 'now' },
  refresh: '30s',
  templating: {
    list: [
      datasourceVariable('prometheus', 'prometheus'),
      datasourceVariable('infinity', 'yesoreyeram-infinity-datasource'),
      {
        name: 'namespace',
        label: 'namespace',
        type: 'query',
        datasource: { type: 'prometheus', uid: '${prometheus}' },
        query: { query: 'label_values(podinit_duration_seconds_count, namespace)', refId: 'namespaces' },
        includeAll: true,
        multi: true,
        allValue: '.*',
        refresh: 2,
        sort: 1,
      },
    ],
  },
  annotations: {
    list: [{ name: 'not recorded', datasource: infinity, enable: true, iconColor: 'orange', target: gapTarget }],
  },
  panels: panels.map((panel, index) => Object.assign({ id: index + 1 }, panel)),
};
