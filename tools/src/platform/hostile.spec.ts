import { seededRandom } from '@salus/evaluation';
import { isFaultCode, type FaultCode } from '@salus/fault';
import { MAX_PAYLOAD_BYTES } from '@salus/local';
import { STATUS_OF } from '@salus/messaging';
import { HOSTILE_KINDS, hostileBodies, type HostileBody } from '@salus/messaging/conformance';
import type { RawReply, RawSocketClient } from '@salus/testkit';
import { report } from './figures.conformance';
import { build, modelFile, promote } from './flows.conformance';
import { Platform } from './platform.conformance';
import { byForm, seed } from './verify-mode.conformance';

const MODEL = 'blood-pressure';
const PREDICT = `prediction.v1.predict.${MODEL}`;
const BEGIN_UPLOAD = 'ingestion.v1.begin-upload';
const COUNT = byForm(1_500, 10_000);
const LONGEST = byForm(2, 20);
const LANES = 32;
const START_TIMEOUT_MS = 120_000;
const GOOD_ROW = { age: 59, sex: 2, s1: 157, s6: 87 };

interface Attack extends HostileBody {
  readonly subject: string;
}

/** Requests whose rows or subject are wrong, which no schema of the operation shows. */
const ROW_KINDS: Readonly<Record<string, (below: (bound: number) => number) => Omit<Attack, 'kind'>>> = {
  'row: unknown feature': (below) => rows({ ...GOOD_ROW, [`extra${below(1_000)}`]: 1 }),
  'row: missing feature': (below) => rows(Object.fromEntries(Object.entries(GOOD_ROW).toSpliced(below(4), 1))),
  'row: text for a number': () => rows({ ...GOOD_ROW, age: '59' }),
  'row: null where none may be': () => rows({ ...GOOD_ROW, s1: null }),
  'row: out of range': (below) => rows({ ...GOOD_ROW, age: 111 + below(10_000) }),
  'row: fraction for an integer': () => rows({ ...GOOD_ROW, sex: 1.5 }),
  'row: number that overflows': () => ({ ...rows(), body: Buffer.from('{"rows":[{"age":1e999,"sex":2,"s1":157,"s6":87}]}'), codes: ['MALFORMED_REQUEST'] }),
  'row: a list': () => rows([59, 2, 157, 87]),
  'rows: none': () => rows(),
  'rows: too many': () => rows(...Array<object>(10_001).fill({})),
  'level that is no probability': (below) => ({ ...rows(), body: Buffer.from(JSON.stringify({ rows: [GOOD_ROW], level: 1 + below(9) })) }),
  'unknown model': (below) => ({ ...rows(GOOD_ROW), subject: `prediction.v1.predict.no-such-model-${below(1_000)}`, codes: ['UNKNOWN_MODEL'] }),
  'unknown operation': (below) => ({ ...rows(GOOD_ROW), subject: `prediction.v1.no-such-operation-${below(1_000)}`, codes: ['UNKNOWN_OPERATION'] }),
  'subject that ends early': () => ({ ...rows(GOOD_ROW), subject: 'prediction.v1.predict', codes: ['UNKNOWN_OPERATION', 'UNKNOWN_MODEL'] }),
};

function rows(...of: unknown[]): Omit<Attack, 'kind'> {
  return { subject: PREDICT, body: Buffer.from(JSON.stringify({ rows: of })), codes: ['INVALID_REQUEST'] };
}

/** All attacks of the suite, one at a time, from its seed: three in four break the request itself, the others its rows or subject. */
function* attacks(): Generator<Attack> {
  const random = seededRandom(seed, 'attacks');
  const [toPrediction, toIngestion] = [Math.round(COUNT * 0.6), Math.round(COUNT * 0.15)];
  const shared = { seed, maxPayload: MAX_PAYLOAD_BYTES };
  const good = { rows: [GOOD_ROW], level: 0.9, explain: true };
  for (const body of hostileBodies({ ...shared, subject: PREDICT, good, count: toPrediction, longest: LONGEST })) yield { ...body, subject: PREDICT };
  const upload = { model: MODEL, fileName: 'a.csv', bytes: 10 };
  for (const body of hostileBodies({ ...shared, subject: BEGIN_UPLOAD, good: upload, count: toIngestion })) yield { ...body, subject: BEGIN_UPLOAD };
  const kinds = Object.entries(ROW_KINDS);
  for (let at = toPrediction + toIngestion; at < COUNT; at += 1) {
    const [kind, make] = kinds[at % kinds.length];
    yield { kind, ...make((bound) => random.below(bound)) };
  }
}

describe('a client on a bare socket, without NATS library and without Nest', () => {
  let platform: Platform;
  let client: RawSocketClient;

  beforeAll(async () => {
    platform = await Platform.start();
    const flows = await platform.connect();
    const { version } = await build(flows, { model: MODEL, path: modelFile(platform, MODEL, 'data/diabetes.csv') });
    await promote(flows, { model: MODEL, version });
    client = await platform.connectRaw();
  }, START_TIMEOUT_MS);
  afterAll(() => platform?.stop(), START_TIMEOUT_MS);

  const predicted = async (): Promise<unknown> => {
    const { headers, body } = await client.request(PREDICT, JSON.stringify({ rows: [GOOD_ROW], explain: true }));
    expect(headers).not.toHaveProperty('Nats-Service-Error-Code');
    return JSON.parse(body.toString('utf8'));
  };

  it('gets a prediction with interval and explanation', async () => {
    expect(await predicted()).toMatchObject({
      model: MODEL,
      version: 1,
      answers: [{ outcome: 'answered', result: { unit: 'mm[Hg]', value: expect.closeTo(97.4990458, 6) }, uncertainty: { interval: { level: 0.9 } }, explanation: { space: 'output' } }],
    });
  });

  it(`gets a typed error for each of ${COUNT} malformed requests, ${LONGEST} of them as long as a message may be, and is served afterwards`, async () => {
    const supply = attacks();
    const [before, answerBefore] = [processesOf(platform), await predicted()];
    const counts = new Map<string, Map<string, number>>();
    const wrong: string[] = [];
    let longest = 0;
    const lane = async (): Promise<void> => {
      for (const attack of supply) {
        if (attack.body.length === MAX_PAYLOAD_BYTES) longest += 1;
        const outcome = await client.request(attack.subject, attack.body, { headers: attack.headers, timeoutMs: 60_000 }).then(readError, (error: Error) => error.message);
        const ofKind = counts.get(attack.kind) ?? new Map<string, number>();
        counts.set(attack.kind, ofKind.set(String(outcome), (ofKind.get(String(outcome)) ?? 0) + 1));
        if (!isFaultCode(outcome) || !attack.codes.includes(outcome)) wrong.push(`${attack.kind}: ${String(outcome)}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const perKind = [...counts].map(([kind, codes]) => [kind, [...codes].map(([code, count]) => `${count} × ${code}`).join(', ')]);
    const answered = [...counts.values()].flatMap((codes) => [...codes.values()]).reduce((sum, count) => sum + count, 0);
    report(`hostile: ${COUNT} requests of ${counts.size} kinds from seed ${seed}`, { ...Object.fromEntries(perKind), answered, 'of them exactly max_payload long': longest, 'not typed': wrong.length });
    expect(wrong).toEqual([]);
    expect(answered).toBe(COUNT);
    expect(longest).toBe(LONGEST);
    expect([...counts.keys()].sort()).toEqual([...HOSTILE_KINDS, ...Object.keys(ROW_KINDS)].sort());
    expect(await predicted()).toEqual(answerBefore);
    expect(processesOf(platform)).toEqual(before);
    expect(client.serverErrors).toEqual([]);
  }, byForm(120_000, 900_000));
});

/** The code of an error that is whole, in headers and body; else what is wrong with it. */
function readError({ headers, body }: RawReply): FaultCode | string {
  const { error, err } = JSON.parse(body.toString('utf8')) as Record<'error' | 'err', { code?: unknown; message?: unknown; retryable?: unknown; correlationId?: unknown } | undefined>;
  const { code, message, retryable, correlationId } = error ?? err ?? {};
  if (!isFaultCode(code)) return 'a success';
  const isWhole = typeof message === 'string' && typeof retryable === 'boolean' && typeof correlationId === 'string';
  const isInHeaders = headers['Nats-Service-Error-Code'] === String(STATUS_OF[code]) && Boolean(headers['Nats-Service-Error']);
  return isWhole && isInHeaders ? code : `${code}, not whole`;
}

/** Process ids by program: a service that was restarted has another one. */
function processesOf(platform: Platform): Record<string, number> {
  return Object.fromEntries(Object.entries(platform.run.processes).map(([name, { pid }]) => [name, pid]));
}
