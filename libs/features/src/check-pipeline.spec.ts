import type { Feature, PipelineStep } from '@salus/contracts';
import { checkPipeline, pipelineProblems, requiredByPipeline } from './check-pipeline';

const age: Feature = { name: 'age', title: 'Age', type: 'number', unit: 'a', minimum: 0, maximum: 120, integer: true, missing: 'allow' };
const ward: Feature = { name: 'ward', title: 'Ward', type: 'category', levels: ['a', 'b'], missing: 'refuse' };
const FEATURES = [age, ward];
const fill: PipelineStep = { step: 'impute', columns: ['age'], strategy: 'median' };
const encode: PipelineStep = { step: 'one-hot', columns: ['ward'], drop: 'first' };

describe('the check of a pipeline', () => {
  it('accepts one that deals with what may be missing and encodes every category', () => {
    expect(() => checkPipeline(FEATURES, [fill, encode])).not.toThrow();
    expect(() => checkPipeline(FEATURES, [{ step: 'drop-missing', columns: ['age'] }, encode])).not.toThrow();
  });

  it.each<[PipelineStep[], string, RegExp]>([
    [[encode], 'features.age', /may be missing and no step/],
    [[fill], 'features.ward', /no one-hot step encodes it/],
    [[fill, encode, { step: 'log', columns: ['age'], offset: 0 }], 'pipeline.2', /as low as 0, where log has no value/],
    [[fill, encode, { step: 'impute', columns: ['ward'], strategy: 'most-frequent' }], 'pipeline.2', /encoded before step impute/],
    [[fill, { step: 'impute', columns: ['ward'], strategy: 'mean' }, encode], 'pipeline.1', /has no mean/],
    [[fill, { step: 'impute', columns: ['ward'], strategy: 'constant', value: 'c' }, encode], 'pipeline.1', /not one of its levels/],
    [[fill, encode, { step: 'standardise', columns: ['age', 'age'] }], 'pipeline.2', /names a column twice/],
    [[fill, encode, { step: 'standardise', columns: ['weight'] }], 'pipeline.2', /weight is not a feature/],
  ])('names what is wrong with %j', (steps, path, problem) => {
    expect(pipelineProblems(FEATURES, steps)).toEqual([{ path, problem: expect.stringMatching(problem) }]);
    expect(() => checkPipeline(FEATURES, steps)).toThrow(expect.objectContaining({ code: 'INVALID_MANIFEST' }));
  });

  it('takes a logarithm of what an earlier step moved as unknown, not as wrong', () => {
    expect(pipelineProblems(FEATURES, [fill, { step: 'min-max', columns: ['age'] }, { step: 'log', columns: ['age'], offset: 1 }, encode])).toEqual([]);
  });

  it('says which features a row must have although they may be missing in the file', () => {
    expect([...requiredByPipeline([{ step: 'drop-missing', columns: ['age', 'ward'] }])]).toEqual(['age', 'ward']);
    expect([...requiredByPipeline([fill, { step: 'drop-missing', columns: ['age'] }])]).toEqual([]);
  });
});
