import { modelId } from '@salus/contracts';
import { listVersions } from '@salus/contracts/training/list-versions';
import { z } from 'zod';
import { defineCommand } from '../command-line/command';
import { modelDetails, type ModelDetails } from '../client/model-details';
import { modelLines, modelTable, type VersionListing } from '../terminal/model-lines';

const MOST_LISTED = 500;

export const models = defineCommand({
  name: 'models',
  usage: '[id]',
  summary: 'List trained models, or show the versions of one, what it takes and which answers.',
  input: z.strictObject({ id: modelId.optional() }),
  run: async ({ id }, { connect }): Promise<VersionListing | ModelDetails> => {
    const client = await connect();
    return id === undefined ? client.request(listVersions, { limit: MOST_LISTED }) : modelDetails(client, id);
  },
  print: (answer, style) => ('served' in answer ? modelLines(answer, style) : modelTable(answer, style)),
});
