import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers } from '../http/answers.js';
import { listOf, type List } from '../shapes/common.js';
import { Cluster, ClustersFilter, GapsFilter, RecordedGap } from './cluster.schema.js';
import { ClustersQuery } from './clusters.query.js';
import { GapsQuery } from './gaps.query.js';

@ApiTags('Recording')
@Controller('api/v1')
export class ClustersController {
  constructor(
    private readonly clusters: ClustersQuery,
    private readonly gaps: GapsQuery,
  ) {}

  @Get('clusters')
  @Answers('What is watched, how well, and what is unknown for lack of rights', listOf(Cluster))
  list(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: ClustersFilter }) filter: ClustersFilter,
  ): Promise<List<Cluster>> {
    return this.clusters.list(viewer, filter);
  }

  @Get('gaps')
  @Answers('When changes may have gone unseen, newest first', listOf(RecordedGap))
  unseen(
    @CurrentViewer() viewer: Viewer,
    @Query({ schema: GapsFilter }) filter: GapsFilter,
  ): Promise<List<RecordedGap>> {
    return this.gaps.list(viewer, filter);
  }
}
