import { Module } from '@nestjs/common';

import { OperationsController } from './operations.controller.js';

/** Health and metrics of a process that answers nothing else: the recorder, the projector. */
@Module({ controllers: [OperationsController] })
export class OperationsModule {}
