import { Fault, type FaultCode } from '@salus/fault';
import { isWrongArgument } from '../client/wrong-argument';

/** What the shell is told, and what each number means. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'the work failed or was refused' },
  usage: { code: 2, meaning: 'wrong usage' },
  unreachable: { code: 3, meaning: 'the platform cannot be reached' },
  interrupted: { code: 130, meaning: 'interrupted; what the platform had begun goes on there' },
} as const;

const UNREACHABLE: readonly FaultCode[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONFIGURATION'];

/**
 * The exit code for a fault. A job that failed with one of these codes has failed, the platform being there to tell of it.
 */
export function exitCodeOf(fault: Fault): number {
  if (isWrongArgument(fault)) return EXIT_CODES.usage.code;
  const isOfJob = fault.details.job !== undefined;
  return !isOfJob && UNREACHABLE.includes(fault.code) ? EXIT_CODES.unreachable.code : EXIT_CODES.failed.code;
}
