/** A Prometheus query. */
export type PrometheusTarget = Readonly<{
  refId: string;
  datasource: Datasource;
  expr: string;
  legendFormat: string;
  format: 'time_series' | 'heatmap';
  instant: boolean;
}>;

/** A request to the service's own API through the Infinity data source. */
export type InfinityTarget = Readonly<{
  refId: string;
  datasource: Datasource;
  type: 'json';
  source: 'url';
  parser: 'backend';
  format: 'table';
  url: string;
  root_selector: string;
  columns: readonly Column[];
  url_options: Readonly<{ method: 'GET' }>;
}>;

export type Target = PrometheusTarget | InfinityTarget;

/** A column of an Infinity answer. `selector` is a path below an element of the root. */
export type Column = Readonly<{ selector: string; text: string; type: 'string' | 'number' | 'timestamp' }>;

export type Panel = Readonly<{
  id: number;
  type: 'stat' | 'timeseries' | 'heatmap' | 'table' | 'row';
  title: string;
  description: string;
  gridPos: Readonly<{ x: number; y: number; w: number; h: number }>;
  datasource: Datasource | null;
  targets: readonly Target[];
  fieldConfig: Readonly<{ defaults: Readonly<{ unit: string }>; overrides: readonly unknown[] }>;
  options: Readonly<Record<string, unknown>>;
}>;

type Datasource = Readonly<{ type: string; uid: string }>;

export const prometheus: Datasource = { type: 'prometheus', uid: '${prometheus}' };
export const infinity: Datasource = { type: 'yesoreyeram-infinity-datasource', uid: '${infinity}' };

type Place = Readonly<{ x: number; y: number; w: number; h: number }>;
type About = Readonly<{ title: string; description: string; unit: string; place: Place }>;

/** PromQL as a panel. Each expression is named by its legend. */
export function metricPanel(
  type: 'stat' | 'timeseries' | 'heatmap',
  about: About,
  expressions: Readonly<Record<string, string>>,
): Omit<Panel, 'id'> {
  const targets = Object.entries(expressions).map(([legendFormat, expr], index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: prometheus,
    expr,
    legendFormat,
    format: type === 'heatmap' ? ('heatmap' as const) : ('time_series' as const),
    instant: type === 'stat',
  }));
  return panel(type, about, prometheus, targets);
}

/** A list of the API as a table. */
export function tablePanel(about: About, url: string, columns: readonly Column[]): Omit<Panel, 'id'> {
  const target: InfinityTarget = {
    refId: 'A',
    datasource: infinity,
    type: 'json',
    source: 'url',
    parser: 'backend',
    format: 'table',
    url,
    root_selector: 'items',
    columns,
    url_options: { method: 'GET' },
  };
  return panel('table', about, infinity, [target]);
}

function panel(
  type: Panel['type'],
  { title, description, unit, place }: About,
  datasource: Datasource,
  targets: readonly Target[],
): Omit<Panel, 'id'> {
  const fieldConfig = { defaults: { unit }, overrides: [] };
  return { type, title, description, gridPos: place, datasource, targets, fieldConfig, options: {} };
}
