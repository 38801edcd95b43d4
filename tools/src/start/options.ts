/** The options of `npm start`. */
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { Fault } from '@salus/fault';

export const SERVICES = ['ingestion', 'preprocessing', 'training', 'prediction'] as const;

export interface StartOptions {
  /** Run the quickstart and end. */
  readonly once: boolean;
  /** The services to run. */
  readonly services: readonly string[];
  /** Whether all of the platform runs, so that the quickstart can. */
  readonly isWhole: boolean;
  readonly modelsFolder: string;
  readonly stateFolder: string;
  /** What to do with the result that stands in README.md. */
  readonly readme?: 'write' | 'check';
  readonly help: boolean;
}

export const HELP = `npm start [-- options]
  --once             run the quickstart, print its result, end; exit code 0 only if all of it held
  --only <service>   run one service with NATS and PostgreSQL: ${SERVICES.join(', ')}; may be given several times
  --models <folder>  read models from there instead of models/
  --state <folder>   keep state there instead of .salus/
  --readme <what>    with --once: write the result into README.md and its picture, or check that they hold it
  --help             print this
NATS_URL, NATS_SERVER_BIN and DATABASE_URL, when set, name what to use instead of what is embedded.`;

/**
 * Reads the command line.
 * @throws Fault INVALID_PARAMETERS naming the option
 */
export function readOptions(args: readonly string[], root: string): StartOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        models: { type: 'string' },
        state: { type: 'string' },
        readme: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const services = [...new Set(values.only ?? SERVICES)];
    const unknown = services.find((name) => !(SERVICES as readonly string[]).includes(name));
    if (unknown !== undefined) throw new Error(`--only ${unknown}: expected one of ${SERVICES.join(', ')}`);
    const isWhole = SERVICES.every((name) => services.includes(name));
    if (values.once && !isWhole) throw new Error('--once runs the quickstart, which needs all services; leave --only out');
    const { readme } = values;
    if (readme !== undefined && !(values.once && (readme === 'write' || readme === 'check'))) throw new Error('--readme takes write or check and goes with --once');
    return {
      once: values.once,
      services,
      isWhole,
      modelsFolder: resolve(root, values.models ?? 'models'),
      stateFolder: resolve(root, values.state ?? '.salus'),
      readme,
      help: values.help,
    };
  } catch (cause) {
    throw new Fault('INVALID_PARAMETERS', `${(cause as Error).message}\n\n${HELP}`, {}, cause);
  }
}
