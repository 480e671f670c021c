import type { KubernetesObject } from '../kubernetes-object.js';
import { pathOf } from '../resources.js';
import type { Resource } from '../resources.js';
import { readRecordedFrame, readRecordedList } from './frame-head.js';
import type { LineGroup } from './line-groups.js';

const mostRemembered = 50_000;
/** The pods' watch as kubectl's table: an oracle for tests, of no use for recording. */
const ofNoUse = new Set(['podTable']);

/** Objects that are asked for by name, the owners of pods: as the recording showed them last. Their metadata alone is kept. */
export class SeenObjects {
  private readonly byPath = new Map<string, KubernetesObject>();
  private readonly resources = new Map<string, Resource>();

  at(pathname: string): KubernetesObject | undefined {
    return this.byPath.get(decodeURI(pathname));
  }

  resourceOf(apiVersion: string, kind: string): Resource | undefined {
    return this.resources.get(`${apiVersion}/${kind}`);
  }

  /** False for what nobody can ask for. */
  take(group: LineGroup): boolean {
    if (ofNoUse.has(group.resource)) return false;
    if (group.what === 'closed') return true;
    if (group.what === 'list') {
      const { items, kind = '', apiVersion } = readRecordedList(group.lines[0]);
      const of = { kind: kind.replace(/List$/, ''), ...(apiVersion !== undefined && { apiVersion }) };
      return items.map((item) => this.put(group.resource, { ...of, ...item })).every(Boolean);
    }
    return group.lines
      .map(readRecordedFrame)
      .filter(({ type }) => type !== 'BOOKMARK' && type !== 'ERROR')
      .map(({ type, object }) =>
        type === 'DELETED' ? this.remove(group.resource, object) : this.put(group.resource, object),
      )
      .every(Boolean);
  }

  private put(name: string, { apiVersion, kind, metadata }: KubernetesObject): boolean {
    if (!apiVersion || !kind) return false;
    const resource = { name, kind, apiVersion, namespaced: metadata.namespace !== undefined };
    this.resources.set(`${apiVersion}/${kind}`, resource);
    const path = `${pathOf(resource, metadata.namespace)}/${metadata.name}`;
    this.byPath.delete(path);
    this.byPath.set(path, { apiVersion, kind, metadata: { ...metadata, managedFields: withoutFields(metadata) } });
    const [oldest] = this.byPath.keys();
    if (oldest !== undefined && this.byPath.size > mostRemembered) this.byPath.delete(oldest);
    return true;
  }

  private remove(name: string, { apiVersion, kind, metadata }: KubernetesObject): boolean {
    if (!apiVersion || !kind) return false;
    const resource = { name, kind, apiVersion, namespaced: metadata.namespace !== undefined };
    this.byPath.delete(`${pathOf(resource, metadata.namespace)}/${metadata.name}`);
    return true;
  }
}

/** What each writer wrote is the larger half of metadata, and nobody asks for it. */
function withoutFields({ managedFields }: KubernetesObject['metadata']): readonly unknown[] {
  if (!Array.isArray(managedFields)) return [];
  return managedFields.map((entry: object) => ({ ...entry, fieldsV1: undefined }));
}
