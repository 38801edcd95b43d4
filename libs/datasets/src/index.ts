export { checkCsv, type CheckOutcome, type CheckProgress, type CheckRequest } from './check-csv';
export type { Delimiter } from './csv-header';
export { openEngine, type Engine, type EngineOptions } from './engine';
export { MIN_KEY_BYTES } from './pseudonym';
export { readTable, rowCount, type ColumnSpec, type ReadOptions } from './read-table';
export { writeTable, type IntegerColumn, type WritableTable } from './write-table';
