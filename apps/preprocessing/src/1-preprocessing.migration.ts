import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Preprocessing1700000000001 implements MigrationInterface {
  readonly name = 'Preprocessing1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE preprocessing.prepared (
        digest text PRIMARY KEY,
        model text NOT NULL,
        dataset text NOT NULL,
        manifest text NOT NULL,
        train_rows integer NOT NULL,
        test_rows integer NOT NULL,
        dropped_rows integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX prepared_by_model ON preprocessing.prepared (model, created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE preprocessing.prepared');
  }
}
