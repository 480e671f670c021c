/** What the steps about init containers look at. */
import type { InitContainerHistory, PodHistory } from '../history.js';
import type { ContainerSpec, ContainerStatus } from '../snapshot.js';
import type { Sight } from './sight.js';

/** One init container in one look. */
export type Place = Readonly<{
  history: PodHistory;
  sight: Sight;
  spec: ContainerSpec;
  status: ContainerStatus;
  index: number;
  known: InitContainerHistory;
}>;
