import { textAt, type StoredObject } from './kube-object.js';
import { podCells } from './pod-cells.js';
import { podColumns, type Column } from './pod-columns.js';
import type { Resource } from './resources.js';

/** How the objects of a kind become rows of a Table. */
export type Table = {
  readonly columnDefinitions: readonly Column[];
  readonly cells: (object: StoredObject, now: number) => unknown[];
};

const nameColumn = podColumns[0] as Column;

const pods: Table = { columnDefinitions: podColumns, cells: podCells };

/** Kinds without printed columns of their own are told by name and age (`apiserver:pkg/registry/rest/table.go`). */
const others: Table = {
  columnDefinitions: [
    nameColumn,
    { name: 'Created At', type: 'date', format: '', description: (podColumns[4] as Column).description, priority: 0 },
  ],
  cells: (object) => [object.metadata.name, textAt(object, 'metadata', 'creationTimestamp')],
};

/** The table of a kind. */
export const tableOf = (name: Resource['name']): Table => (name === 'pods' ? pods : others);
