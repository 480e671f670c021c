import { Module } from '@nestjs/common';
import { ReportsModule } from '#libs/reports';
import { PostmortemQuery } from './postmortem.query.js';
import { PostmortemsController } from './postmortems.controller.js';

/** Answers with postmortems. It reads, and keeps nothing. */
@Module({ imports: [ReportsModule], controllers: [PostmortemsController], providers: [PostmortemQuery] })
export class PostmortemsHttpModule {}
