/** Parameters of a learner as data: type, range, default, one sentence. Checks, forms and tables follow from them. */
import { Fault } from '@salus/fault';

interface Documented {
  /** One sentence. */
  readonly summary: string;
}
export interface NumberParameter extends Documented {
  readonly type: 'number' | 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
}
export interface ChoiceParameter extends Documented {
  readonly type: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}
export interface FlagParameter extends Documented {
  readonly type: 'flag';
  readonly default: boolean;
}
export type ParameterSpec = NumberParameter | ChoiceParameter | FlagParameter;
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;
export type ParameterValues = Readonly<Record<string, number | string | boolean>>;

/**
 * The given parameters, checked, with defaults for the rest.
 * @throws Fault INVALID_PARAMETERS with every problem in `details.issues: { parameter, expected }[]`
 */
export function resolveParameters(specs: ParameterSpecs, given: Readonly<Record<string, unknown>>): ParameterValues {
  const issues = Object.keys(given)
    .filter((name) => !Object.hasOwn(specs, name))
    .map((parameter) => ({ parameter, expected: `one of the parameters: ${Object.keys(specs).join(', ') || 'none'}` }));
  const values = Object.entries(specs).map(([parameter, spec]) => {
    const value = Object.hasOwn(given, parameter) ? given[parameter] : spec.default;
    if (!fits(spec, value)) issues.push({ parameter, expected: describeParameter(spec) });
    return [parameter, value as number | string | boolean] as const;
  });
  if (issues.length > 0) {
    throw new Fault(
      'INVALID_PARAMETERS',
      `parameter ${issues[0].parameter}: expected ${issues[0].expected}${issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''}`,
      { issues },
    );
  }
  return Object.fromEntries(values);
}

/** What a parameter takes, in words. */
export function describeParameter(spec: ParameterSpec): string {
  if (spec.type === 'flag') return 'true or false';
  if (spec.type === 'choice') return `one of ${spec.choices.join(', ')}`;
  return `${spec.type === 'integer' ? 'an integer' : 'a number'} from ${spec.minimum} to ${spec.maximum}`;
}

function fits(spec: ParameterSpec, value: unknown): boolean {
  if (spec.type === 'flag') return typeof value === 'boolean';
  if (spec.type === 'choice') return typeof value === 'string' && spec.choices.includes(value);
  if (typeof value !== 'number' || !(value >= spec.minimum && value <= spec.maximum)) return false;
  return spec.type === 'number' || Number.isInteger(value);
}
