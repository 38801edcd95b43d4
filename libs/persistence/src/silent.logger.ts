import type { Logger } from 'typeorm';

/** Prints nothing: what TypeORM would print holds parameters and values, and it prints failed migrations whatever `logging` says. */
export class SilentLogger implements Logger {
  logQuery(): void {
    return undefined;
  }

  logQueryError(): void {
    return undefined;
  }

  logQuerySlow(): void {
    return undefined;
  }

  logSchemaBuild(): void {
    return undefined;
  }

  logMigration(): void {
    return undefined;
  }

  log(): void {
    return undefined;
  }
}
