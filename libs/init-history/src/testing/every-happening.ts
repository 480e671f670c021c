/** Small lives in which every kind of happening is told, each with its title. */
import { livesOfContainers } from './lives-of-containers.js';
import { livesOfCycles } from './lives-of-cycles.js';
import { livesOfPods } from './lives-of-pods.js';

export const everyHappening = [...livesOfPods, ...livesOfContainers, ...livesOfCycles];
