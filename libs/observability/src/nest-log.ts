/**
 * Lets Nest write into our log. Nest hands over a text and, behind it, stacks and a context name; errors and objects among
 * them are described without their data.
 */
import type { LoggerService } from '@nestjs/common';
import type { Log } from './log';

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : 'Nest reported an error';
}

function contextOf(rest: readonly unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' && /^[A-Za-z]{1,64}$/.test(last) ? last : undefined;
}

function errorOf(message: unknown, rest: readonly unknown[]): unknown {
  return [message, ...rest].find((value) => value instanceof Error) ?? (typeof message === 'object' ? message : undefined);
}

/** A Nest LoggerService over our log; what Nest calls "log" is information of its start and goes to debug. */
export function nestLog(log: Log): LoggerService {
  return {
    log: (message: unknown, ...rest: unknown[]) => log.debug(textOf(message), { component: contextOf(rest) }),
    error: (message: unknown, ...rest: unknown[]) => log.error(textOf(message), { component: contextOf(rest), error: errorOf(message, rest) }),
    fatal: (message: unknown, ...rest: unknown[]) => log.error(textOf(message), { component: contextOf(rest), error: errorOf(message, rest) }),
    warn: (message: unknown, ...rest: unknown[]) => log.warn(textOf(message), { component: contextOf(rest) }),
    debug: (message: unknown, ...rest: unknown[]) => log.debug(textOf(message), { component: contextOf(rest) }),
    verbose: (message: unknown, ...rest: unknown[]) => log.debug(textOf(message), { component: contextOf(rest) }),
  };
}
