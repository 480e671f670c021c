import { Injectable } from '@nestjs/common';
import { Settings } from '#libs/platform';
import type { Source } from './shards.js';

/** Which kind of source the settings say is told of; undefined where they leave it to what was recorded lately. */
@Injectable()
export class ReportsSource {
  readonly chosen: Source | undefined;

  constructor(settings: Settings) {
    const [kind] = (settings.source ?? '').split(':');
    this.chosen = kind === 'kubernetes' || kind === 'demo' || kind === 'recording' ? kind : undefined;
  }
}
