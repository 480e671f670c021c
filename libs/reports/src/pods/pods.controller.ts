import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentViewer, type Viewer } from '#libs/access';
import { paging, viewpoint, viewpointAt } from '../asking/parameters.js';
import { Answers } from '../http/answers.js';
import { listOf, oneOf, type List, type One } from '../shapes/common.js';
import { ObservationView, Timeline } from '../shapes/happening.js';
import { LogTail } from '../shapes/log-tail.js';
import { Pod, PodDetail } from '../shapes/pod.js';
import { PodFilter } from './pod-filter.js';
import { PodQuery } from './pod.query.js';
import { PodsQuery } from './pods.query.js';

const PodViewpoint = z.strictObject(viewpointAt);
type PodViewpoint = z.infer<typeof PodViewpoint>;
const ObservationsPage = z.strictObject({ ...viewpoint, ...paging });
type ObservationsPage = z.infer<typeof ObservationsPage>;

@ApiTags('Pods')
@Controller('api/v1/pods')
export class PodsController {
  constructor(
    private readonly pods: PodsQuery,
    private readonly pod: PodQuery,
  ) {}

  @Get()
  @Answers('Pods, and where their initialization stands', listOf(Pod))
  list(@CurrentViewer() viewer: Viewer, @Query({ schema: PodFilter }) filter: PodFilter): Promise<List<Pod>> {
    return this.pods.list(viewer, filter);
  }

  @Get(':uid')
  @Answers('One pod: cycles, init containers, attempts, phases of time, findings', oneOf(PodDetail))
  show(
    @CurrentViewer() viewer: Viewer,
    @Param('uid') uid: string,
    @Query({ schema: PodViewpoint }) asked: PodViewpoint,
  ): Promise<One<PodDetail>> {
    return this.pod.get(viewer, uid, asked);
  }

  @Get(':uid/events')
  @Answers('What was seen of one pod: its observations as they were stored, oldest first', listOf(ObservationView))
  observations(
    @CurrentViewer() viewer: Viewer,
    @Param('uid') uid: string,
    @Query({ schema: ObservationsPage }) page: ObservationsPage,
  ): Promise<List<ObservationView>> {
    return this.pod.observations(viewer, uid, page);
  }

  @Get(':uid/logs')
  @Answers('The ends of the logs of failed attempts, where they are recorded (`--log-tails`)', listOf(LogTail))
  logs(
    @CurrentViewer() viewer: Viewer,
    @Param('uid') uid: string,
    @Query({ schema: ObservationsPage }) page: ObservationsPage,
  ): Promise<List<LogTail>> {
    return this.pod.logs(viewer, uid, page);
  }

  @Get(':uid/timeline')
  @Answers('What happened to one pod, and the waterfall made of it, each with its evidence', oneOf(Timeline))
  timeline(
    @CurrentViewer() viewer: Viewer,
    @Param('uid') uid: string,
    @Query({ schema: PodViewpoint }) asked: PodViewpoint,
  ): Promise<One<Timeline>> {
    return this.pod.timeline(viewer, uid, asked);
  }
}
