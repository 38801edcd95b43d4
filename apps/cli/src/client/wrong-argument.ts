/** Marks the faults that the caller's own argument caused before anything was sent, so that the command line can tell them from refusals. */
import { Fault, type FaultCode, type FaultDetails } from '@salus/fault';

const marked = new WeakSet<Fault>();

/** A fault in an argument, found on this machine. */
export function wrongArgument(code: FaultCode, message: string, details: FaultDetails = {}): Fault {
  const fault = new Fault(code, message, details);
  marked.add(fault);
  return fault;
}

/** The value of a check of an argument; a fault of the check is a wrong argument. */
export function checkArgument<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw Fault.is(error) ? wrongArgument(error.code, error.message, error.details) : error;
  }
}

/** Whether a fault was made by {@link wrongArgument}. */
export function isWrongArgument(error: unknown): boolean {
  return Fault.is(error) && marked.has(error);
}
