import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { learnerConformance } from './learner.conformance';
import { learnerOf, learners } from './registry';

describe('the registry of learners', () => {
  it('has every folder that holds a learner, under the name of the folder', () => {
    const folders = readdirSync(__dirname, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const withLearner = folders.filter((folder) => readdirSync(join(__dirname, folder)).includes(`${folder}.learner.ts`));
    expect(withLearner).toContain('ols');
    expect([...learners().keys()].sort()).toEqual(withLearner.sort());
  });

  it('refuses an unknown name and tells those that exist', () => {
    expect(() => learnerOf('constructor')).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETERS', message: expect.stringMatching(/no learner "constructor"; known are: .*ols/) }),
    );
  });
});

for (const learner of learners().values()) learnerConformance(learner);
