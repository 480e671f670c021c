import type { StuckLimits } from '#libs/init-history';
import type { SettingsValues } from '#libs/platform';

/** When an init container is stuck of whose workload too little is known, unless told: a common patience of people who are paged. */
const stuckAfterSeconds = 300;

/** From when on a pod that stands still is stuck, as this process was told. */
export const stuckLimitsOf = (
  settings: Pick<SettingsValues, 'stuckAfterSeconds' | 'stuckFloorSeconds' | 'stuckFactor' | 'stuckMinSamples'>,
): StuckLimits => ({
  defaultSeconds: settings.stuckAfterSeconds ?? stuckAfterSeconds,
  floorSeconds: settings.stuckFloorSeconds,
  factor: settings.stuckFactor,
  minSamples: settings.stuckMinSamples,
});
