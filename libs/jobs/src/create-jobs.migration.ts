import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateJobs1763900000001 implements MigrationInterface {
  name = 'CreateJobs1763900000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job (
        id uuid NOT NULL CONSTRAINT job_pkey PRIMARY KEY,
        name text NOT NULL,
        model text NOT NULL,
        caller text NOT NULL,
        idempotency_key text,
        input jsonb NOT NULL,
        traceparent text,
        state text NOT NULL,
        revision integer NOT NULL,
        attempt integer NOT NULL,
        tries integer NOT NULL,
        max_attempts integer NOT NULL,
        timeout_ms integer NOT NULL,
        available_at timestamptz NOT NULL,
        lease_until timestamptz,
        worker text,
        progress jsonb NOT NULL,
        result jsonb,
        failure jsonb,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        ended_at timestamptz
      )`);
    await runner.query('CREATE UNIQUE INDEX job_idempotency_key ON job (caller, name, idempotency_key)');
    await runner.query("CREATE INDEX job_queued_idx ON job (model, available_at) WHERE state = 'queued'");
    await runner.query("CREATE INDEX job_running_idx ON job (lease_until) WHERE state = 'running'");
    await runner.query('CREATE INDEX job_created_at_idx ON job (created_at)');
    await runner.query('CREATE TABLE job_turn (model text NOT NULL CONSTRAINT job_turn_pkey PRIMARY KEY, served_at timestamptz NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE job_turn');
    await runner.query('DROP TABLE job');
  }
}

/** For the migrations of a service that has jobs. */
export const jobMigrations = [CreateJobs1763900000001];
