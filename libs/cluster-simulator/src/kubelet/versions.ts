/** The kubelets whose shapes are proven: each was recorded, and is compared frame by frame (`scenarios/recordings.spec.ts`). */
export type KubeletVersion = '1.33' | '1.34' | '1.36';

/** In what kubelets of different versions differ, as far as an API watcher can see. */
export type Shapes = Readonly<{
  /** What the node says of itself: `status.nodeInfo.kubeletVersion`. */
  release: string;
  /** Whether status and conditions say of which `metadata.generation` they are. */
  observesGeneration: boolean;
  /** Whether a new sandbox is told at once, before any image is pulled (KEP-3085); else with what the next look finds. */
  tellsSandbox: boolean;
  /** Whether the kubelet looks at the runtime right after it started something; else once a second only. */
  looksAtOnce: boolean;
  /** Whether what is known of a removed instance stays: its count and its last state. Else its container begins again with 0 and without one. */
  remembersRemoved: boolean;
  /** Whether `Initialized` stays True whatever is run again (KEP-5532); else only once an app container has begun. */
  keepsInitialized: boolean;
  /** Whether the worker sleeps until a back-off is over; else it tries every 10 to 15 s. */
  waitsForBackOff: boolean;
  /** Whether `status.resources` of the pod is told. */
  tellsPodResources: boolean;
  /** The texts of events. */
  says: Readonly<{
    created(container: string): string;
    started(container: string): string;
    present(image: string): string;
  }>;
}>;

const older: Omit<Shapes, 'release' | 'observesGeneration'> = {
  tellsSandbox: false,
  looksAtOnce: false,
  remembersRemoved: false,
  keepsInitialized: false,
  waitsForBackOff: false,
  tellsPodResources: false,
  says: {
    created: (container) => `Created container: ${container}`,
    started: (container) => `Started container ${container}`,
    present: (image) => `Container image "${image}" already present on machine`,
  },
};

/** Each version's shapes (recorded: test/recordings/kubelet-VERSION). */
export const shapes: Readonly<Record<KubeletVersion, Shapes>> = {
  '1.33': { ...older, release: 'v1.33.13', observesGeneration: false },
  '1.34': { ...older, release: 'v1.34.4', observesGeneration: true },
  '1.36': {
    release: 'v1.36.3',
    observesGeneration: true,
    tellsSandbox: true,
    looksAtOnce: true,
    remembersRemoved: true,
    keepsInitialized: true,
    waitsForBackOff: true,
    tellsPodResources: true,
    says: {
      created: () => 'Container created',
      started: () => 'Container started',
      present: (image) => `Container image "${image}" already present on machine and can be accessed by the pod`,
    },
  },
};
