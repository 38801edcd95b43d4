import { modelId } from '@salus/contracts';
import { rollbackModel } from '@salus/contracts/training/rollback-model';
import { z } from 'zod';
import { defineCommand } from '../command-line/command';
import { promotionLine } from '../terminal/promotion-line';

export const rollback = defineCommand({
  name: 'rollback',
  usage: '<model>',
  summary: 'Take the last promotion of a model back.',
  input: z.strictObject({ model: modelId }),
  run: async (input, { connect }) => (await connect()).request(rollbackModel, input),
  print: (promotion, style) => [promotionLine(promotion, style)],
});
