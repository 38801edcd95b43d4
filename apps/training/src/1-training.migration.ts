import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Training1700000000001 implements MigrationInterface {
  readonly name = 'Training1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE training.version (
        model text NOT NULL,
        version integer NOT NULL,
        artifact text NOT NULL,
        service text NOT NULL,
        summary jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (model, version)
      )`);
    await runner.query('CREATE UNIQUE INDEX version_artifact ON training.version (model, artifact)');
    await runner.query(`
      CREATE TABLE training.alias (
        model text NOT NULL,
        alias text NOT NULL,
        version integer NOT NULL,
        earlier integer[] NOT NULL DEFAULT '{}',
        revision bigint NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (model, alias),
        FOREIGN KEY (model, version) REFERENCES training.version
      )`);
    await runner.query(`
      CREATE TABLE training.alias_change (
        revision bigint PRIMARY KEY,
        model text NOT NULL,
        alias text NOT NULL,
        version integer NOT NULL,
        action text NOT NULL,
        caller text NOT NULL,
        idempotency_key text,
        changed_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE UNIQUE INDEX alias_change_key ON training.alias_change (caller, idempotency_key)');
    await runner.query('CREATE SEQUENCE training.alias_revision');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SEQUENCE training.alias_revision');
    for (const table of ['alias_change', 'alias', 'version']) await runner.query(`DROP TABLE training.${table}`);
  }
}
