import type { FaultCode } from '@salus/fault';
import { styleOf, type Style } from './style';

// The second half of the line that a failed command prints; what stands behind `"salus ` is a command.
const ADVICE: Readonly<Record<FaultCode, string>> = {
  MALFORMED_REQUEST: 'Correct the JSON and send it again.',
  INVALID_REQUEST: 'Correct what is named; "salus models <id>" shows what a model takes.',
  UNSUPPORTED_CONTENT: 'Use the salus command of the same release as the platform.',
  TOO_LARGE: 'Send less at a time.',
  REPLY_TOO_LARGE: 'Ask for fewer rows at a time.',
  UNKNOWN_OPERATION: 'Use the salus command of the same release as the platform; "salus status" shows what runs.',
  UNKNOWN_MODEL: '"salus models" lists the trained models; a new one needs its folder under models/, a version needs "salus promote".',
  NOT_FOUND: '"salus datasets", "salus jobs" and "salus models" list what there is.',
  CONFLICT: '"salus jobs" and "salus models" show what stands now; correct the command and try again.',
  FORBIDDEN: 'Ask the operator of the platform for the permission.',
  OVERLOADED: 'Try again in a moment.',
  DEADLINE_EXCEEDED: '"salus status" shows which services answer; try again.',
  UNAVAILABLE: 'Start the platform with "npm start" or name another with --nats; "salus status" shows which services answer.',
  CANCELLED: 'Run the command again when it is wanted.',
  INVALID_MANIFEST: 'Correct models/<id>/model.json.',
  INVALID_DATA: 'Correct the file and add it again.',
  INVALID_PARAMETERS: 'Correct the parameters that are named.',
  SHAPE_MISMATCH: 'Check that data and model belong together.',
  NOT_FINITE: 'Look for NaN or infinite values in the data.',
  COLLINEAR: 'Take one of the dependent columns out of models/<id>/model.json.',
  NOT_FITTED: 'Train the model first: "salus train <model>".',
  TOO_FEW_ROWS: 'Add a dataset with more rows.',
  INTEGRITY: 'Send the file again; when it stays so, restore the platform from its backup.',
  LEASE_LOST: '"salus jobs" shows how the job went on.',
  CONFIGURATION: 'Correct the setting that is named.',
  INTERNAL: 'Try again; the log of the service has the cause under the correlation id.',
};

const ARGUMENT_ADVICE: Partial<Record<FaultCode, string>> = {
  INVALID_REQUEST: '"salus --help" and "salus <command> --help" show what is taken.',
  NOT_FOUND: 'Check the path.',
  FORBIDDEN: 'Check who may read the file.',
  INVALID_DATA: 'Name another file.',
};

/**
 * What to do about a fault.
 * @param isArgument whether what was typed is the cause, not what the platform answered
 * @param style how commands are typed where the advice is read
 */
export function adviceFor(code: FaultCode, isArgument: boolean, style: Style = styleOf(false)): string {
  const advice = (isArgument ? ARGUMENT_ADVICE[code] : undefined) ?? ADVICE[code];
  return advice.replace(/"salus ([^"]+)"/g, (_, words: string) => `"${style.command(words)}"`);
}
