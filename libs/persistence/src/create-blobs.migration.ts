import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateBlobs1763900000000 implements MigrationInterface {
  name = 'CreateBlobs1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE platform.blob (
        digest text NOT NULL CONSTRAINT blob_pkey PRIMARY KEY,
        content uuid NOT NULL,
        bytes bigint NOT NULL,
        chunks integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await runner.query('CREATE UNIQUE INDEX blob_content_key ON platform.blob (content)');
    await runner.query('CREATE INDEX blob_touched_at_idx ON platform.blob (touched_at)');
    await runner.query(`
      CREATE TABLE platform.blob_chunk (
        content uuid NOT NULL,
        position integer NOT NULL,
        bytes bytea NOT NULL,
        CONSTRAINT blob_chunk_pkey PRIMARY KEY (content, position)
      )`);
    // Parquet, images and weights are compressed already: trying again costs time at every put.
    await runner.query('ALTER TABLE platform.blob_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL');
    await runner.query(`
      CREATE TABLE platform.blob_ref (
        service text NOT NULL,
        fact text NOT NULL,
        digest text NOT NULL CONSTRAINT blob_ref_digest_fkey REFERENCES platform.blob (digest),
        CONSTRAINT blob_ref_pkey PRIMARY KEY (service, fact, digest)
      )`);
    await runner.query('CREATE INDEX blob_ref_digest_idx ON platform.blob_ref (digest)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE platform.blob_ref');
    await runner.query('DROP TABLE platform.blob_chunk');
    await runner.query('DROP TABLE platform.blob');
  }
}
