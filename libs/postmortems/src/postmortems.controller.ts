import { Body, Controller, Get, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentViewer, type Viewer } from '#libs/access';
import { Answers, type One } from '#libs/reports';
import { LocationInterceptor } from './location.interceptor.js';
import { MarkdownInterceptor } from './markdown.interceptor.js';
import { PostmortemQuery } from './postmortem.query.js';
import { OnePostmortem, PostmortemAsked, PostmortemFormat, type Postmortem } from './postmortem.schema.js';

@ApiTags('Postmortems')
@Controller('api/v1/postmortems')
export class PostmortemsController {
  constructor(private readonly postmortems: PostmortemQuery) {}

  @Post()
  @Answers('Write the postmortem of a pod; its id pins the place of the record it is read from', OnePostmortem)
  @UseInterceptors(LocationInterceptor)
  write(
    @CurrentViewer() viewer: Viewer,
    @Body({ schema: PostmortemAsked }) asked: PostmortemAsked,
  ): Promise<One<Postmortem>> {
    return this.postmortems.of(viewer, asked.pod, asked.asOf);
  }

  @Get(':id')
  @Answers('A postmortem, as JSON or as Markdown', OnePostmortem)
  @UseInterceptors(MarkdownInterceptor)
  show(
    @CurrentViewer() viewer: Viewer,
    @Param('id') id: string,
    @Query({ schema: PostmortemFormat }) _format: PostmortemFormat,
  ): Promise<One<Postmortem>> {
    return this.postmortems.get(viewer, id);
  }
}
