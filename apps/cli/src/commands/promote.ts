import { modelId } from '@salus/contracts';
import { promoteVersion } from '@salus/contracts/training/promote-version';
import { z } from 'zod';
import { defineCommand } from '../command-line/command';
import { promotionLine } from '../terminal/promotion-line';

export const promote = defineCommand({
  name: 'promote',
  usage: '<model> <version>',
  summary: 'Let a version of a model answer from now on.',
  input: z.strictObject({ model: modelId, version: z.coerce.number().int().min(1) }),
  run: async (input, { connect }) => (await connect()).request(promoteVersion, input),
  print: (promotion, style) => [promotionLine(promotion, style)],
});
