/**
 * The job store in PostgreSQL. Each change is one statement, so that it holds or does not.
 *
 * The fence is `attempt`: it grows with each claim, and every write of an attempt asks for `id, attempt, state = 'running'`.
 * `commit` locks the row first, does the work, and ends the job in the same transaction; meanwhile renew, report and sweep pass the
 * locked row by (SKIP LOCKED), since waiting for it would stop the worker and, for a report out of the work itself, never end.
 *
 * Fairness: `job_turn` says when each model was served last, and a claim takes the oldest job of the first model in that order.
 */
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, rowsOf, schemaOf } from '@salus/persistence';
import { type Hold, type JobFailure, type JobProgress, type JobRecord, type JobResult, LEASE_OVER, type NewJob, PROGRESS_QUEUED, PROGRESS_STARTING } from './job-record';
import { type ClaimOptions, type JobCounts, type JobFilter, JobStore, keyTaken, leaseLost } from './job.store';
import { storableText } from './storable';

const COLUMNS = `id, name, nullif(model, '') AS model, caller, idempotency_key AS "idempotencyKey", input, traceparent, state, revision, attempt, tries,
  max_attempts AS "maxAttempts", timeout_ms AS "timeoutMs", available_at AS "availableAt", lease_until AS "leaseUntil", worker, progress,
  result, failure, created_at AS "createdAt", started_at AS "startedAt", ended_at AS "endedAt"`;

const NEXT_REVISION = 'revision = revision + 1';
const QUEUED_AGAIN = `state = 'queued', lease_until = NULL, progress = '${JSON.stringify(PROGRESS_QUEUED)}', ${NEXT_REVISION}`;
const ENDED = `lease_until = NULL, ended_at = clock_timestamp(), ${NEXT_REVISION}`;
const milliseconds = (parameter: string): string => `make_interval(secs => ${parameter} / 1000.0)`;

export class PostgresJobStore extends JobStore<EntityManager> {
  private readonly job: string;
  private readonly turn: string;

  /** @param dataSource of the service, opened with `jobEntities` and `jobMigrations` among its own */
  constructor(private readonly dataSource: DataSource) {
    super();
    this.job = `"${schemaOf(dataSource)}".job`;
    this.turn = `"${schemaOf(dataSource)}".job_turn`;
  }

  async enqueue(job: NewJob): Promise<{ record: JobRecord; isNew: boolean }> {
    const model = job.model ?? '';
    const input = storableText(job.input, 'the input of the job');
    const [created] = await this.query(
      `WITH turn AS (INSERT INTO ${this.turn} (model, served_at) VALUES ($3, '-infinity') ON CONFLICT DO NOTHING)
       INSERT INTO ${this.job} (id, name, model, caller, idempotency_key, input, max_attempts, timeout_ms, traceparent,
         state, revision, attempt, tries, available_at, progress, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', 1, 0, 0, clock_timestamp(), $10, clock_timestamp())
       ON CONFLICT (caller, name, idempotency_key) DO NOTHING RETURNING ${COLUMNS}`,
      [job.id, job.name, model, job.caller, job.idempotencyKey, input, job.maxAttempts, job.timeoutMs, job.traceparent, JSON.stringify(PROGRESS_QUEUED)],
    );
    if (created) return { record: created, isNew: true };
    const [earlier] = await rowsOf<JobRecord & { isSame: boolean }>(
      this.dataSource,
      `SELECT ${COLUMNS}, input = $4::jsonb AND model = $5 AS "isSame" FROM ${this.job} WHERE caller = $1 AND name = $2 AND idempotency_key = $3`,
      [job.caller, job.name, job.idempotencyKey, input, model],
    );
    const { isSame, ...record } = earlier;
    if (!isSame) throw keyTaken(record);
    return { record, isNew: false };
  }

  async find(id: string): Promise<JobRecord | undefined> {
    const [record] = await this.query(`SELECT ${COLUMNS} FROM ${this.job} WHERE id = $1`, [id]);
    return record;
  }

  async changedSince(known: readonly { id: string; revision: number }[]): Promise<JobRecord[]> {
    const [ids, revisions] = [known.map(({ id }) => id), known.map(({ revision }) => revision)];
    return this.query(
      `SELECT ${COLUMNS} FROM ${this.job} JOIN unnest($1::uuid[], $2::int[]) AS known (known_id, known_revision) ON id = known_id WHERE revision > known_revision`,
      [ids, revisions],
    );
  }

  async list(filter: JobFilter): Promise<JobRecord[]> {
    return this.query(
      `SELECT ${COLUMNS} FROM ${this.job} WHERE ($1::text IS NULL OR model = $1) AND ($2::text IS NULL OR state = $2) ORDER BY created_at DESC, id LIMIT $3`,
      [filter.model ?? null, filter.state ?? null, filter.limit],
    );
  }

  async cancel(id: string): Promise<{ record: JobRecord; isChanged: boolean } | undefined> {
    const [changed] = await this.query(`UPDATE ${this.job} SET state = 'cancelled', ${ENDED} WHERE id = $1 AND state IN ('queued', 'running') RETURNING ${COLUMNS}`, [id]);
    if (changed) return { record: changed, isChanged: true };
    const record = await this.find(id);
    return record && { record, isChanged: false };
  }

  async claim({ worker, leaseMs, names }: ClaimOptions): Promise<JobRecord | undefined> {
    const [claimed] = await this.query(
      `WITH turn AS MATERIALIZED (
         SELECT model FROM ${this.turn} ORDER BY served_at, model
       ), next AS (
         SELECT oldest.id, turn.model FROM turn CROSS JOIN LATERAL (
           SELECT id FROM ${this.job} AS queued
           WHERE queued.model = turn.model AND state = 'queued' AND available_at <= now() AND name = ANY($3)
           ORDER BY available_at LIMIT 1 FOR UPDATE SKIP LOCKED
         ) AS oldest LIMIT 1
       ), served AS (
         UPDATE ${this.turn} AS turned SET served_at = clock_timestamp() FROM next WHERE turned.model = next.model
       ), claimed AS (
         UPDATE ${this.job} AS job SET state = 'running', attempt = attempt + 1, tries = tries + 1, worker = $1, ${NEXT_REVISION},
           lease_until = now() + ${milliseconds('$2')}, started_at = clock_timestamp(), progress = $4
         FROM next WHERE job.id = next.id RETURNING job.*
       )
       SELECT ${COLUMNS} FROM claimed`,
      [worker, leaseMs, names, JSON.stringify(PROGRESS_STARTING)],
    );
    return claimed;
  }

  async renew(holds: readonly Hold[], leaseMs: number): Promise<Hold[]> {
    return rowsOf<Hold>(
      this.dataSource,
      `WITH held AS (
         SELECT * FROM unnest($1::uuid[], $2::int[]) AS hold (hold_id, hold_attempt)
       ), free AS (
         SELECT id FROM ${this.job} JOIN held ON id = hold_id AND attempt = hold_attempt WHERE state = 'running' FOR UPDATE OF job SKIP LOCKED
       ), renewed AS (
         UPDATE ${this.job} AS job SET lease_until = now() + ${milliseconds('$3')} FROM free WHERE job.id = free.id
       )
       SELECT id, attempt FROM ${this.job} JOIN held ON id = hold_id AND attempt = hold_attempt WHERE state = 'running'`,
      [holds.map(({ id }) => id), holds.map(({ attempt }) => attempt), leaseMs],
    );
  }

  async sweep(): Promise<JobRecord[]> {
    const failure = JSON.stringify(LEASE_OVER);
    return this.query(
      `WITH lost AS (
         SELECT id AS lost_id, tries < max_attempts AS may_retry FROM ${this.job}
         WHERE state = 'running' AND lease_until < now() FOR UPDATE SKIP LOCKED
       ), queued AS (
         UPDATE ${this.job} AS job SET ${QUEUED_AGAIN}, available_at = now(), failure = $1 FROM lost WHERE id = lost_id AND may_retry RETURNING job.*
       ), failed AS (
         UPDATE ${this.job} AS job SET state = 'failed', ${ENDED}, failure = $1 FROM lost WHERE id = lost_id AND NOT may_retry RETURNING job.*
       )
       SELECT ${COLUMNS} FROM (SELECT * FROM queued UNION ALL SELECT * FROM failed) AS swept`,
      [failure],
    );
  }

  async report(hold: Hold, progress: JobProgress): Promise<JobRecord | undefined> {
    const [record] = await this.query(
      `WITH free AS (SELECT id AS free_id FROM ${this.job} WHERE id = $1 AND attempt = $2 AND state = 'running' FOR UPDATE SKIP LOCKED)
       UPDATE ${this.job} AS job SET progress = $3, ${NEXT_REVISION} FROM free WHERE id = free_id RETURNING ${COLUMNS}`,
      [hold.id, hold.attempt, storableText(progress, 'the progress of the job')],
    );
    return record;
  }

  async retry(hold: Hold, failure: JobFailure, delayMs: number): Promise<JobRecord | undefined> {
    return this.change(hold, `${QUEUED_AGAIN}, available_at = now() + ${milliseconds('$3')}, failure = $4`, [delayMs, storableText(failure, 'the failure of the job')]);
  }

  async fail(hold: Hold, failure: JobFailure): Promise<JobRecord | undefined> {
    return this.change(hold, `state = 'failed', ${ENDED}, failure = $3`, [storableText(failure, 'the failure of the job')]);
  }

  async release(hold: Hold): Promise<JobRecord | undefined> {
    return this.change(hold, `${QUEUED_AGAIN}, available_at = now(), tries = tries - 1`, []);
  }

  async commit(hold: Hold, work: (transaction: EntityManager) => Promise<JobResult>): Promise<JobRecord> {
    return inTransaction(this.dataSource, async (transaction) => {
      const [before] = await this.query(`SELECT ${COLUMNS} FROM ${this.job} WHERE id = $1 FOR UPDATE`, [hold.id], transaction);
      if (before?.attempt !== hold.attempt) throw leaseLost(hold);
      if (before.state === 'succeeded') return before;
      if (before.state !== 'running') throw leaseLost(hold);
      const result = storableText(await work(transaction), 'the result of the job');
      const [after] = await this.query(
        `UPDATE ${this.job} SET state = 'succeeded', ${ENDED}, result = $2, failure = NULL, progress = progress || '{"percent":100,"phase":"done"}'
         WHERE id = $1 RETURNING ${COLUMNS}`,
        [hold.id, result],
        transaction,
      );
      return after;
    });
  }

  async counts(): Promise<JobCounts> {
    const [counts] = await rowsOf<JobCounts>(
      this.dataSource,
      `SELECT count(*) FILTER (WHERE state = 'queued')::int AS queued, count(*) FILTER (WHERE state = 'running')::int AS running
       FROM ${this.job} WHERE state IN ('queued', 'running')`,
    );
    return counts;
  }

  private async change(hold: Hold, assignments: string, values: readonly unknown[]): Promise<JobRecord | undefined> {
    const sql = `UPDATE ${this.job} SET ${assignments} WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING ${COLUMNS}`;
    const [record] = await this.query(sql, [hold.id, hold.attempt, ...values]);
    return record;
  }

  private query(sql: string, parameters: readonly unknown[], on: DataSource | EntityManager = this.dataSource): Promise<JobRecord[]> {
    return rowsOf<JobRecord>(on, sql, parameters);
  }
}
