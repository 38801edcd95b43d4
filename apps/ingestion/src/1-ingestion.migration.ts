import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Ingestion1700000000001 implements MigrationInterface {
  readonly name = 'Ingestion1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE ingestion.upload (
        id uuid PRIMARY KEY,
        caller text NOT NULL,
        idempotency_key text,
        model text NOT NULL,
        file_name text NOT NULL,
        format text NOT NULL,
        bytes bigint NOT NULL,
        digest text,
        chunk_bytes integer NOT NULL,
        chunks integer NOT NULL,
        job_id uuid,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE UNIQUE INDEX upload_idempotency ON ingestion.upload (caller, idempotency_key) WHERE idempotency_key IS NOT NULL');
    await runner.query(`
      CREATE TABLE ingestion.upload_chunk (
        upload_id uuid NOT NULL REFERENCES ingestion.upload ON DELETE CASCADE,
        index integer NOT NULL,
        data bytea NOT NULL,
        PRIMARY KEY (upload_id, index)
      )`);
    await runner.query(`
      CREATE TABLE ingestion.dataset (
        digest text PRIMARY KEY,
        model text NOT NULL,
        file_name text NOT NULL,
        rows integer NOT NULL,
        bytes bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX dataset_by_model ON ingestion.dataset (model, created_at)');
    await runner.query('CREATE TABLE ingestion.pseudonym_key (id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1), key bytea NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['pseudonym_key', 'dataset', 'upload_chunk', 'upload']) await runner.query(`DROP TABLE ingestion.${table}`);
  }
}
