export { ModelHost } from './model-host';
export { rowSchemaOf } from './row-schema';
export { ServingModule, type ServingOptions } from './serving.module';
export { TabularModel, type AnswerOptions } from './tabular-model';
