import type { FeatureRow } from '@salus/contracts/prediction/predict';
import { seededRandom } from '@salus/evaluation';
import type { Client } from '@salus/messaging';
import { report } from './figures.conformance';
import { build, modelFile, predictOnce, promote, untilServed } from './flows.conformance';
import { Platform, type Instance } from './platform.conformance';
import { seed } from './verify-mode.conformance';

const MODEL = 'blood-pressure';
const IN_FLIGHT = 400;
const ROWS = 300;
const TIMEOUT_MS = 120_000;
/** Longer than the test may take: an exit that waited for it would fail the test. */
const DRAIN_TIMEOUT_MS = 3_600_000;

describe('an instance of two that gets SIGTERM with predictions in flight', () => {
  let platform: Platform;
  let client: Client;
  let leaving: Instance;

  beforeAll(async () => {
    platform = await Platform.start();
    client = await platform.connect();
    const { version } = await build(client, { model: MODEL, path: modelFile(platform, MODEL, 'data/diabetes.csv') });
    await promote(client, { model: MODEL, version });
    leaving = await platform.addInstance('prediction', { DRAIN_TIMEOUT_MS: String(DRAIN_TIMEOUT_MS) });
    while (!leaving.output().includes('a model version answers')) await untilServed(client, { model: MODEL, version });
  }, TIMEOUT_MS);
  afterAll(() => platform?.stop(), TIMEOUT_MS);

  it('leaves none of 400 unanswered, and exits when its last one is answered', async () => {
    const rows = someRows();
    const expected = (await client.request(predictOnce, { rows }, { model: MODEL })).answers;
    const events: string[] = [];
    let answered = 0;
    const requests = Array.from({ length: IN_FLIGHT }, async () => {
      const { answers } = await client.request(predictOnce, { rows }, { model: MODEL });
      answered += 1;
      events.push('answer');
      return answers;
    });
    await Promise.race(requests);
    process.kill(leaving.pid, 'SIGTERM');
    const unanswered = IN_FLIGHT - answered;
    events.push('SIGTERM');
    const exited = leaving.exited.then((exit) => {
      events.push('exit');
      return exit;
    });
    const replies = await Promise.all(requests);
    expect(await exited).toEqual({ code: 0, signal: null });
    // The other instance alone is there to say how many it answered; one request of each kind came before the burst.
    const leavingTook = IN_FLIGHT + 1 - (await requestsAnswered(client));
    const answersBetween = events.slice(events.indexOf('SIGTERM'), events.indexOf('exit')).filter((event) => event === 'answer').length;
    report('drain: 400 predictions in flight on two instances', {
      'rows per prediction': ROWS, 'process that left': leaving.pid, 'taken by it': leavingTook, 'unanswered at SIGTERM': unanswered,
      'answered between SIGTERM and its exit': answersBetween, 'answered in all': replies.length,
    });
    expect(unanswered).toBeGreaterThan(0);
    const unansweredByIt = leavingTook - (IN_FLIGHT - unanswered);
    expect(unansweredByIt).toBeGreaterThan(0);
    expect(answersBetween).toBeGreaterThanOrEqual(unansweredByIt);
    expect(replies.filter((answers) => JSON.stringify(answers) !== JSON.stringify(expected))).toEqual([]);
    expect((await client.request(predictOnce, { rows: rows.slice(0, 1) }, { model: MODEL })).answers).toEqual(expected.slice(0, 1));
  }, TIMEOUT_MS);
});

/** Predictions that the one instance has answered which is still there (NATS ADR-32). */
async function requestsAnswered(client: Client): Promise<number> {
  const { data } = await client.raw('$SRV.STATS.prediction', '');
  const { endpoints } = JSON.parse(Buffer.from(data).toString('utf8')) as { readonly endpoints: { readonly subject: string; readonly num_requests: number }[] };
  const found = endpoints.find(({ subject }) => subject.startsWith('prediction.v1.predict.'));
  return found?.num_requests ?? NaN;
}

/** Enough rows that their intervals take a while: many requests are then unanswered at any moment of the burst. */
function someRows(): FeatureRow[] {
  const random = seededRandom(seed, 'drain');
  return Array.from({ length: ROWS }, () => ({ age: 20 + random.below(80), sex: 1 + random.below(2), s1: 60 + random.below(400), s6: 40 + random.below(500) }));
}
