import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { exampleDataset, examplePrepared, exampleReport, exampleVersion, type VersionView } from '@salus/contracts';
import type { RunningService } from '@salus/messaging';
import { startNats, type NatsTestServer } from '@salus/testkit';
import { MemoryPlatform, SERVICES, startMemoryService } from '../client/platform.conformance';
import { runCli } from './run-cli';
import { scanCommands } from './scan';

// Servers and processes take their time on a busy machine.
jest.setTimeout(60_000);

const JOB = '00000000-0000-4000-8000-000000000000';
const ROW = '{"age":59,"sex":2,"s1":157,"s6":87}';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the salus command', () => {
  let nats: NatsTestServer;
  let platform: MemoryPlatform;
  let services: RunningService[];
  let folder: string;
  let csv: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'salus-cli-'));
    csv = join(folder, 'patients.csv');
    writeFileSync(csv, 'age,sex\n59,2\n');
    nats = await startNats({ clients: ['alice'] });
    platform = new MemoryPlatform();
    services = await Promise.all(SERVICES.map((name) => startMemoryService(platform, name, nats)));
  });
  beforeEach(() => {
    platform.jobs.clear();
    platform.uploads.clear();
    platform.failures.clear();
    platform.held.clear();
    Object.assign(platform, { datasets: [exampleDataset], prepared: [], versions: [exampleVersion] });
  });
  afterAll(async () => {
    platform?.release();
    await Promise.all((services ?? []).map((service) => service.close()));
    await nats?.stop();
    rmSync(folder, { recursive: true });
  });

  const environment = () => {
    const { user, password, inboxPrefix } = nats.clients.alice;
    return { SALUS_NATS_URL: nats.url, SALUS_NATS_USER: user, SALUS_NATS_PASSWORD: password, SALUS_INBOX_PREFIX: inboxPrefix };
  };

  /** Runs one command line as the alice of the clients' account. */
  async function salus(words: readonly string[], more: { stdin?: string; env?: Record<string, string>; isTTY?: boolean; onErr?: (text: string) => void; signal?: AbortSignal } = {}): Promise<Outcome> {
    const written = { out: '', err: '' };
    const stream = (to: 'out' | 'err') => ({
      isTTY: more.isTTY,
      columns: 100,
      write: (text: unknown) => {
        written[to] += String(text);
        if (to === 'err') more.onErr?.(written.err);
        return true;
      },
    });
    const stdin = Readable.from(more.stdin === undefined ? [] : [Buffer.from(more.stdin)]);
    const interrupt = more.signal ?? new AbortController().signal;
    const code = await runCli(words, { stdout: stream('out'), stderr: stream('err'), stdin, environment: more.env ?? environment(), folder, interrupt });
    return { code, ...written };
  }

  describe('predict', () => {
    it('prints value, unit, interval and contributions', async () => {
      expect(await salus(['predict', 'blood-pressure', ROW])).toEqual({
        code: 0,
        err: '',
        out: [
          'blood-pressure version 1',
          '97.5 mm[Hg]  90 % interval 77.7 to 117.4 (jackknife+)',
          '  base   94.6',
          '  age   +2.9',
          '',
        ].join('\n'),
      });
    });

    it('prints several rows as a table', async () => {
      writeFileSync(join(folder, 'rows.json'), `[${ROW},${ROW}]`);
      const { code, out } = await salus(['predict', 'blood-pressure', `@${join(folder, 'rows.json')}`, '--level', '0.95']);
      expect({ code, out }).toEqual({
        code: 0,
        out: [
          'blood-pressure version 1',
          'row  value  unit    95 % from     to  base   age',
          '───  ─────  ──────  ─────────  ─────  ────  ────',
          '  1   97.5  mm[Hg]       77.7  117.4  94.6  +2.9',
          '  2   97.5  mm[Hg]       77.7  117.4  94.6  +2.9',
          '',
        ].join('\n'),
      });
    });

    it('gives the reply as it came with --json, from standard input', async () => {
      const { code, out } = await salus(['predict', 'blood-pressure', '-', '--no-explain', '--json'], { stdin: ROW });
      expect(code).toBe(0);
      const reply = JSON.parse(out) as { answers: object[] };
      expect(reply).toMatchObject({ model: 'blood-pressure', version: 1, answers: [{ result: { value: 97.5 } }] });
      expect(reply.answers[0]).not.toHaveProperty('explanation');
    });

    it('tells what the platform refuses in one line that says what to do', async () => {
      expect(await salus(['predict', 'blood-pressure', '{"weight":80}'])).toEqual({
        code: 1,
        out: '',
        err: 'INVALID_REQUEST: rows[0].weight: expected no such feature; received number. Correct what is named; "salus models <id>" shows what a model takes.\n',
      });
      expect((await salus(['predict', 'unknown-model', ROW])).err).toMatch(/^UNKNOWN_MODEL: no model unknown-model is promoted here\. "salus models"/);
    });

    it('tells where the JSON is broken, and sends nothing', async () => {
      const { code, err } = await salus(['predict', 'blood-pressure', '{"age":x}'], { env: { SALUS_NATS_URL: 'nats://127.0.0.1:1' } });
      expect({ code, err }).toEqual({ code: 2, err: 'MALFORMED_REQUEST: the request is not JSON at line 1, column 8: expected a value. Correct the JSON and send it again.\n' });
    });
  });

  describe('datasets', () => {
    it('adds a file and prints its report and the next step', async () => {
      const { code, out, err } = await salus(['datasets', 'add', csv, '--model', 'blood-pressure']);
      expect(code).toBe(0);
      expect(out.split('\n').slice(0, 2)).toEqual([`dataset stored: 9f86d081884c (${exampleDataset.dataset})`, '442 of 442 rows accepted, 0 duplicates']);
      expect(out).toContain('next: salus train blood-pressure --dataset 9f86d081884c --watch');
      expect(err).toContain('ingest-dataset blood-pressure: reading (40 %)\n');
    });

    it('prints the report of a refused file and gives exit code 1', async () => {
      const report = { ...exampleReport, accepted: 0, issues: [{ row: 3, column: 'age', kind: 'wrong-type', expected: 'a number' }], issueCount: { 'wrong-type': 1 }, ignoredColumns: [] };
      platform.failures.set('ingest-dataset', { code: 'INVALID_DATA', message: 'the file does not fit models/blood-pressure/model.json: 1 × wrong-type', details: { report } });
      const { code, out, err } = await salus(['datasets', 'add', csv, '--model', 'blood-pressure']);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      const [job] = platform.jobs.keys();
      expect(err.slice(err.indexOf('INVALID_DATA')).split('\n')).toEqual([
        'INVALID_DATA: the file does not fit models/blood-pressure/model.json: 1 × wrong-type. Correct the file and add it again.',
        `  job: ${job}`,
        '  service: ingestion',
        '  0 of 442 rows accepted, 0 duplicates',
        '  column  type    missing  wrong type  out of range  unknown level',
        '  ──────  ──────  ───────  ──────────  ────────────  ─────────────',
        '  age     number        0           0             0              0',
        '',
        '  1 issue; data row 1 is the line below the header',
        '  data row  column  issue       expected',
        '  ────────  ──────  ──────────  ────────',
        '         3  age     wrong-type  a number',
        '',
      ]);
      const json = await salus(['datasets', 'add', csv, '--model', 'blood-pressure', '--json']);
      expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'INVALID_DATA', details: { report }, retryable: false } });
    });

    it('names the npm script in every hint where that was used', async () => {
      const env = { ...environment(), npm_lifecycle_event: 'salus' };
      const typed = async (...words: string[]): Promise<string> => salus(words, { env }).then(({ out, err }) => out + err);
      platform.set({ ...platform.enqueue('training', 'train-model', JOB), state: 'running' });
      const texts = [
        await typed('datasets', 'add', csv, '--model', 'blood-pressure'),
        await typed('prepare', 'blood-pressure'),
        await typed('train', 'blood-pressure'),
        await typed('train', 'blood-pressure', '--watch'),
        await typed('models', 'blood-pressure'),
        await typed('predict', 'unknown-model', ROW),
        await typed('traim'),
        await typed('--help'),
      ];
      Object.assign(platform, { datasets: [], versions: [] });
      texts.push(await typed('datasets'), await typed('models'), await typed('status'));
      for (const text of texts) {
        expect(text).toContain('npm run -s salus -- ');
        expect(text.replaceAll('npm run -s salus -- ', '')).not.toMatch(/(?:^ {2}|next: |try: |")salus /m);
      }
      expect((await salus(['datasets'], { env: { ...env, npm_lifecycle_event: 'test' } })).out).toContain('"salus datasets add');
    });

    it('lists versions', async () => {
      expect((await salus(['datasets'])).out.split('\n')[2]).toBe('9f86d081884c  blood-pressure  diabetes.csv   442  9 KiB  2026-11-23 09:30:00Z');
    });
  });

  describe('jobs and models', () => {
    it('prepares, trains, promotes and rolls back', async () => {
      expect(await salus(['prepare', 'blood-pressure'])).toMatchObject({ code: 0, out: expect.stringContaining('354 rows train, 88 test, 0 dropped') });
      expect(await salus(['train', 'blood-pressure', '--watch'])).toMatchObject({ code: 0, out: expect.stringContaining('next: salus promote blood-pressure 1') });
      expect(await salus(['promote', 'blood-pressure', '1'])).toMatchObject({ code: 0, out: expect.stringMatching(/^promoted: blood-pressure version 1 is production in prediction/) });
      expect(await salus(['rollback', 'blood-pressure'])).toMatchObject({ code: 0 });
      expect(await salus(['promote', 'blood-pressure', '9'])).toMatchObject({ code: 1, err: expect.stringMatching(/^NOT_FOUND: /) });
    });

    it('starts training without waiting for it, and names the job', async () => {
      platform.prepared = [examplePrepared];
      const { code, out } = await salus(['train', 'blood-pressure']);
      const [id] = platform.jobs.keys();
      expect({ code, out }).toEqual({ code: 0, out: `training blood-pressure on dataset 9f86d081884c: job ${id}\n\nnext: salus jobs ${id} --watch\n` });
      expect((await salus(['jobs', id])).out).toContain('state     queued');
      expect((await salus(['jobs'])).out).toContain('training/train-model');
      expect((await salus(['jobs', 'cancel', id])).out).toBe(`job ${id} is cancelled\n`);
      expect((await salus(['jobs', 'cancel', id])).out).toBe(`job ${id} was already cancelled; nothing was cancelled\n`);
      expect((await salus(['jobs', id, '--watch'])).code).toBe(1);
      platform.set({ ...platform.jobs.get(id)!, state: 'succeeded' });
      expect((await salus(['jobs', 'cancel', id])).out).toBe(`job ${id} had already succeeded; nothing was cancelled\n`);
    });

    it('shows versions, and what a served model takes', async () => {
      const { code, out } = await salus(['models', 'blood-pressure']);
      expect(code).toBe(0);
      expect(out).toContain('blood-pressure: Mean blood pressure');
      expect(out).toContain('rmse 10.9 [9.4, 12.4]');
      expect(out).toMatch(/age\s+Age\s+a\s+0 to 120\s+refused/);
      expect(out).toContain(`try: salus predict blood-pressure '{"age":59}'`);
      expect((await salus(['models'])).out.split('\n')[2]).toMatch(/^blood-pressure\s+1\s+1\s+1\s+rmse/);
    });

    it('lists metrics, dataset and time of one version: the promoted one, else the newest', async () => {
      const [metric] = exampleVersion.metrics;
      const newer: VersionView = {
        ...exampleVersion,
        version: 2,
        aliases: [],
        metrics: [{ ...metric, value: 99 }],
        lineage: { ...exampleVersion.lineage, dataset: `sha256:${'ab'.repeat(32)}` },
        createdAt: '2026-12-24T09:30:00.000Z',
      };
      platform.versions = [newer, exampleVersion];
      expect((await salus(['models'])).out.split('\n')[2]).toMatch(/^blood-pressure\s+2\s+1\s+1\s+rmse 10\.9\s+9f86d081884c\s+2026-11-23 09:30:00Z$/);
      platform.versions = [newer, { ...exampleVersion, aliases: [] }];
      expect((await salus(['models'])).out.split('\n')[2]).toMatch(/^blood-pressure\s+2\s+–\s+2\s+rmse 99\s+abababababab\s+2026-12-24 09:30:00Z$/);
    });

    it('shows which services answer, what is promoted and what runs', async () => {
      platform.set({ ...platform.enqueue('training', 'train-model'), state: 'running' });
      const { code, out } = await salus(['status']);
      expect(code).toBe(0);
      for (const service of SERVICES) expect(out).toMatch(new RegExp(`${service}\\s+answers\\s+1\\.2\\.3\\s+\\d+\\.\\d ms`));
      expect(out).toMatch(/blood-pressure\s+1\s+production/);
      expect(out).toContain('training/train-model');
      expect(JSON.parse((await salus(['status', '--json'])).out)).toMatchObject({ services: SERVICES.map(() => ({ answers: true })), running: [{ state: 'running' }] });
    });
  });

  describe('a person', () => {
    it('who presses Ctrl-C leaves the job running and is told how to go on', async () => {
      platform.prepared = [examplePrepared];
      platform.held.add('train-model');
      const interrupt = new AbortController();
      const onErr = (text: string): void => void (text.includes('reading') && interrupt.abort());
      const { code, out, err } = await salus(['train', 'blood-pressure', '--watch'], { signal: interrupt.signal, onErr });
      const [id] = platform.jobs.keys();
      expect({ code, out }).toEqual({ code: 130, out: '' });
      expect(err.trimEnd().split('\n').at(-1)).toBe(`interrupted; job ${id} goes on: "salus jobs ${id} --watch" follows it, "salus jobs cancel ${id}" ends it`);
      expect(platform.jobs.get(id)?.state).toBe('running');
    });

    it('at a terminal sees a bar and colours, and none with NO_COLOR', async () => {
      const coloured = await salus(['train', 'blood-pressure', '--watch'], { isTTY: true });
      expect(coloured.err).toMatch(/\r\x1b\[2Ktrain-model blood-pressure {2}\x1b\[36m█+░+\x1b\[39m {3}40 % {2}reading · rows 200/);
      const plain = await salus(['train', 'blood-pressure', '--watch'], { isTTY: true, env: { ...environment(), NO_COLOR: '1' } });
      expect(plain.out + plain.err).not.toMatch(/\x1b\[\d+m/);
    });

    it.each([
      [[], 'no command was given'],
      [['traim'], 'Did you mean train?'],
      [['promote', 'blood-pressure'], 'missing required argument'],
      [['promote', 'blood-pressure', 'one'], 'version expected'],
      [['promote', 'Blood', '1'], 'a model id such as blood-pressure'],
      [['jobs', 'x'], 'a job id such as'],
      [['jobs', '--watch'], '--watch needs the id'],
      [['jobs', '--state', 'done'], 'one of queued'],
      [['datasets', 'add', 'a.csv'], "'--model <id>' not specified"],
      [['datasets', 'add', '/no/such/file', '--model', 'm'], 'no file at'],
      [['datasets', '--limit', '0'], 'at least 1'],
      [['status', '--nats', 'http://x'], 'nats://host:port'],
      [['status', '--password-file', '/no/such/file'], 'cannot be read'],
      [['predict', 'm', '{}', '--level', '2'], 'less than 1'],
    ])('who types %j gets exit code 2 and one line', async (words, text) => {
      const { code, out, err } = await salus(words);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err.split('\n').filter((line) => /^[A-Z_]+: .*\.$/.test(line))).toHaveLength(1);
      expect(err).toContain(text);
    });

    it('who asks for help or the version gets it on standard output', async () => {
      const { code, out, err } = await salus(['--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      for (const { name } of scanCommands()) expect(out).toContain(`\n  ${name} `);
      for (const line of ['0    done', '1    the work failed', '2    wrong usage', '3    the platform cannot be reached', '130  interrupted']) expect(out).toContain(line);
      expect(await salus(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    });
  });

  describe('a platform that is not there', () => {
    it('gives exit code 3 and what to do when none is named', async () => {
      const { code, err } = await salus(['status'], { env: {} });
      expect({ code, err }).toEqual({
        code: 3,
        err: 'UNAVAILABLE: no platform is named and none runs from this folder or one above it. Start the platform with "npm start" or name another with --nats; "salus status" shows which services answer.\n',
      });
    });

    it('gives exit code 3 when nothing listens, and when it is no NATS that listens', async () => {
      expect(await salus(['jobs', '--nats', 'nats://127.0.0.1:1', '--json'])).toMatchObject({ code: 3, out: expect.stringContaining('"UNAVAILABLE"') });
      const silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      silent.on('connection', (socket) => socket.end('220 smtp\r\n'));
      const { port } = silent.address() as { port: number };
      const { code, err } = await salus(['status', '--nats', `nats://127.0.0.1:${port}`]);
      silent.close();
      expect(code).toBe(3);
      expect(err).toContain(`(from --nats) does not answer`);
    });

    it('gives exit code 3 when the credentials are refused, and shows no password', async () => {
      const { code, err } = await salus(['status'], { env: { ...environment(), SALUS_NATS_PASSWORD: 'CANARY' } });
      expect(code).toBe(3);
      expect(err).toMatch(/^CONFIGURATION: .*refuses the credentials/);
      expect(err).not.toContain('CANARY');
    });

    it('is found by its address with credentials, and by user and password file', async () => {
      const { url, user, password } = nats.clients.alice;
      writeFileSync(join(folder, 'password'), `${password}\n`);
      expect(await salus(['datasets', '--nats', url], { env: {} })).toMatchObject({ code: 0 });
      expect(await salus(['datasets', '--nats', nats.url, '--user', user, '--password-file', join(folder, 'password')], { env: {} })).toMatchObject({ code: 0 });
    });
  });

  it('finds no job that is nowhere', async () => {
    expect(await salus(['jobs', JOB])).toMatchObject({ code: 1, err: expect.stringMatching(/^NOT_FOUND: no service has a job/) });
  });
});
