export { startHealth, type HealthCheck, type HealthOptions, type HealthPort } from './health';
export { LOG_FIELDS, createLog, type Log, type LogFields, type LogLevel, type LogOptions } from './log';
export { Metrics, OperationMeter } from './metrics';
export { nestLog } from './nest-log';
export { describeError, type LoggedError } from './redact';
export { Trace, currentTrace, runWithTrace, type TraceHolder } from './trace';
