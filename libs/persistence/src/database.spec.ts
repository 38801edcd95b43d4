import { startPostgres, type PostgresTestServer } from '@salus/testkit';
import { Column, Entity, PrimaryColumn, type DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { driftOf, inTransaction, openDatabase, rowsOf, schemaOf } from './index';

@Entity('note')
class NoteEntity {
  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'note_pkey' })
  id: number;

  @Column({ type: 'text' })
  text: string;
}

@Entity('note')
class NoteWithAuthorEntity extends NoteEntity {
  @Column({ type: 'text', nullable: true })
  author: string | null;
}

class CreateNotes1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE note (id integer NOT NULL CONSTRAINT note_pkey PRIMARY KEY, text text NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note');
  }
}

class AddAuthor1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE note ADD author text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE note DROP author');
  }
}

class Broken1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half (id integer)');
    await runner.query("SELECT 'canary-4711'::integer");
  }

  async down(): Promise<void> {
    return undefined;
  }
}

describe('openDatabase', () => {
  let server: PostgresTestServer;
  const opened: DataSource[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);

  afterAll(async () => {
    await Promise.all(opened.filter(({ isInitialized }) => isInitialized).map((dataSource) => dataSource.destroy()));
    await server?.stop();
  });

  const open = async (service: string, options: Partial<Parameters<typeof openDatabase>[0]> = {}): Promise<DataSource> => {
    const dataSource = await openDatabase({ url: server.url, service, entities: [NoteEntity], migrations: [CreateNotes1700000000001], poolSize: 3, ...options });
    opened.push(dataSource);
    return dataSource;
  };

  it('gives each service its own schema, with unqualified names in it', async () => {
    const [one, two] = [await open('one'), await open('two')];
    await one.getRepository(NoteEntity).insert({ id: 1, text: 'only here' });
    expect(await rowsOf(one, 'SELECT text FROM note')).toEqual([{ text: 'only here' }]);
    expect(await rowsOf(two, 'SELECT text FROM note')).toEqual([]);
    expect([schemaOf(one), schemaOf(two)]).toEqual(['one', 'two']);
  });

  it('runs each migration once when several instances start at once', async () => {
    await Promise.all(Array.from({ length: 6 }, () => open('several')));
    expect(await rowsOf(opened[0], 'SELECT count(*)::int AS n FROM several.migration')).toEqual([{ n: 1 }]);
  });

  it('lets an old version start and work beside a newer one', async () => {
    const newer = await open('versions', { entities: [NoteWithAuthorEntity], migrations: [CreateNotes1700000000001, AddAuthor1700000000002] });
    const older = await open('versions');
    await older.getRepository(NoteEntity).insert({ id: 1, text: 'from the old one' });
    expect(await newer.getRepository(NoteWithAuthorEntity).findOneBy({ id: 1 })).toEqual({ id: 1, text: 'from the old one', author: null });
  });

  it('keeps nothing of a migration that fails, and quotes no value in the fault', async () => {
    const failing = open('broken', { migrations: [CreateNotes1700000000001, Broken1700000000003] });
    const fault = await failing.catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'INTERNAL', details: { sqlState: '22P02' } });
    expect(textOf(fault)).not.toContain('canary-4711');
    expect(await rowsOf(opened[0], "SELECT 1 FROM pg_tables WHERE schemaname = 'broken' AND tablename = 'half'")).toEqual([]);
  });

  it('refuses a service name that is no schema name', async () => {
    for (const service of ['platform', 'Robert"; DROP SCHEMA one; --', '']) await expect(open(service)).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('says UNAVAILABLE when the server stays away', async () => {
    await expect(open('away', { url: 'postgres://nobody@127.0.0.1:1/none', startTimeoutMs: 200 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('says CONFIGURATION at once when the database does not exist', async () => {
    const url = new URL(server.url);
    url.pathname = '/no_such_database';
    await expect(open('away', { url: url.href })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('waits for a server that starts later, and works again after the server was killed', async () => {
    const own = await startPostgres();
    try {
      await own.kill();
      const opening = open('late', { url: own.url });
      await own.restart();
      const dataSource = await opening;
      await own.kill();
      await expect(rowsOf(dataSource, 'SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await own.restart();
      expect(await rowsOf(dataSource, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await dataSource.destroy();
    } finally {
      await own.stop();
    }
  }, 60_000);

  it('ends a transaction that its process left idle, so that its locks go', async () => {
    const dataSource = await open('idle', { idleTransactionTimeoutMs: 50 });
    await rowsOf(dataSource, "INSERT INTO note VALUES (1, 'locked')");
    const stopped = inTransaction(dataSource, async (transaction) => {
      await rowsOf(transaction, 'SELECT 1 FROM note FOR UPDATE');
      await rowsOf(dataSource, "UPDATE note SET text = 'freed'");
      await rowsOf(transaction, 'SELECT 1');
    });
    await expect(stopped).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await rowsOf(dataSource, 'SELECT text FROM note')).toEqual([{ text: 'freed' }]);
  });

  it('finds no drift between migrations and entities, those of the platform included', async () => {
    expect(await driftOf(await open('straight'))).toEqual([]);
  });

  it('finds an entity column that no migration makes', async () => {
    const drift = await driftOf(await open('drifting', { entities: [NoteWithAuthorEntity] }));
    expect(drift).toEqual(['ALTER TABLE "note" ADD "author" text']);
  });

  it('maps a unique key to CONFLICT and quotes neither value nor parameter', async () => {
    const dataSource = await open('unique_keys');
    await rowsOf(dataSource, 'INSERT INTO note VALUES ($1, $2)', [4_711, 'canary-4711']);
    const fault = await rowsOf(dataSource, 'INSERT INTO note VALUES ($1, $2)', [4_711, 'canary-4711']).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'CONFLICT', details: { constraint: 'note_pkey', table: 'note' } });
    expect(textOf(fault)).not.toMatch(/4711/);
    const repository = inTransaction(dataSource, (transaction) => transaction.insert(NoteEntity, { id: 4_711, text: 'canary-4711' }));
    await expect(repository).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('maps a text that cannot be stored to INVALID_REQUEST', async () => {
    await expect(rowsOf(opened[0], 'SELECT $1::text', ['nul \u0000'])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

/** Everything of an error that a log could print. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.message, error.stack, JSON.stringify(error, Object.getOwnPropertyNames(error)), error.cause ? textOf(error.cause) : ''].join('\n');
}
