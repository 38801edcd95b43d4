import { startHealth, type HealthPort } from './health';
import { Metrics } from './metrics';

describe('the health port', () => {
  const metrics = new Metrics();
  let ready: true | string = 'starting';
  let health: HealthPort;

  beforeAll(async () => {
    health = await startHealth({ port: 0, isLive: () => true, isReady: () => ready, metrics });
  });
  afterAll(async () => {
    await health.close();
    metrics.close();
  });

  const get = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(health.url + path, { method });
    return [response.status, await response.text()];
  };

  it('says why it is not ready, and that it is', async () => {
    expect(await get('/live')).toEqual([200, '{"status":"ok"}\n']);
    expect(await get('/ready')).toEqual([503, '{"status":"unavailable","reason":"starting"}\n']);
    ready = true;
    expect(await get('/ready?x=1')).toEqual([200, '{"status":"ok"}\n']);
  });

  it('gives the figures', async () => {
    const meter = metrics.operation('a.v1.b.{model}');
    meter.inFlight = 2;
    meter.waiting = 1;
    meter.overloaded = 3;
    meter.answered('OK', 0.004);
    meter.answered('OK', 0.004);
    meter.answered('NOT_FOUND', 0.2);
    metrics.jobReached('training/train-model', 'succeeded', 1.5);
    const [status, text] = await get('/metrics');
    expect(status).toBe(200);
    for (const line of [
      'salus_requests_total{subject="a.v1.b.{model}",code="OK"} 2', 'salus_requests_total{subject="a.v1.b.{model}",code="NOT_FOUND"} 1',
      'salus_requests_in_flight{subject="a.v1.b.{model}"} 2', 'salus_requests_waiting{subject="a.v1.b.{model}"} 1', 'salus_requests_overloaded_total{subject="a.v1.b.{model}"} 3',
      'salus_request_duration_seconds_bucket{le="0.005",subject="a.v1.b.{model}"} 2', 'salus_request_duration_seconds_count{subject="a.v1.b.{model}"} 3',
      'salus_jobs_total{job="training/train-model",state="succeeded"} 1',
    ]) expect(text).toContain(line);
    expect(text).toMatch(/salus_event_loop_lag_seconds\{quantile="0.99"\} \d/);
    expect((await get('/metrics'))[1]).toContain('salus_requests_total{subject="a.v1.b.{model}",code="OK"} 2');
  });

  it('answers other paths and methods with what it knows', async () => {
    expect((await get('/'))[0]).toBe(404);
    expect((await get('/live', 'POST'))[0]).toBe(405);
  });

  it('is CONFIGURATION when its port is taken', async () => {
    await expect(startHealth({ port: health.port, isLive: () => true, isReady: () => true, metrics })).rejects.toMatchObject({ code: 'CONFIGURATION', details: { port: health.port } });
  });
});
