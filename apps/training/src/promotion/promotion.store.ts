/**
 * Promote and roll back: aliases in PostgreSQL, each change with a revision from one sequence that only grows. Serving
 * apps compare that revision, so a late or doubled message can never bring an older decision back.
 */
import { Injectable } from '@nestjs/common';
import type { Promotion } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { inTransaction, rowsOf } from '@salus/persistence';
import { PRODUCTION } from '@salus/registry';
import { DataSource, type EntityManager } from 'typeorm';
import { VersionStore } from '../versions/version.store';

interface Change {
  readonly model: string;
  readonly version: number;
  readonly earlier: readonly number[];
  readonly action: 'promote' | 'rollback';
  readonly asked: Asked;
}

/** Who asks, and the key under which the same wish may come again. */
export interface Asked {
  readonly caller: string;
  readonly idempotencyKey?: string;
}

/** The promotion as it now is, and whether this call changed it. */
export interface Changed {
  readonly promotion: Promotion;
  readonly changed: boolean;
}

/** What is promoted now, and the last revision that was given to any change. */
export interface Promoted {
  readonly promotions: readonly Promotion[];
  readonly newest: number;
}

/** Every alias with the artifact that it stands for; int8 comes as text from pg, so it is narrowed to a double. */
const PROMOTIONS = `
  SELECT alias.model, version.service, alias.alias, alias.version, version.artifact, alias.revision::float8 AS revision
  FROM training.alias JOIN training.version ON version.model = alias.model AND version.version = alias.version`;

@Injectable()
export class PromotionStore {
  constructor(
    private readonly database: DataSource,
    private readonly versions: VersionStore,
  ) {}

  /**
   * Lets a version serve; when it serves already, nothing changes.
   * @throws Fault NOT_FOUND when there is no such version, CONFLICT when the idempotency key was used for another change
   */
  promote(model: string, version: number, asked: Asked): Promise<Changed> {
    return inTransaction(this.database, async (transaction) => {
      await this.versions.require(model, version, transaction);
      const current = await this.lock(model, transaction);
      const changed = !(await this.isDone({ model, action: 'promote', version }, asked, transaction)) && current?.version !== version;
      if (changed) await this.write({ model, version, earlier: current ? [...current.earlier, current.version] : [], action: 'promote', asked }, transaction);
      return { promotion: await this.find(model, transaction), changed };
    });
  }

  /**
   * Lets the version serve that served before the last promotion.
   * @throws Fault NOT_FOUND when nothing is promoted, CONFLICT when nothing served before or the idempotency key was used for another change
   */
  rollback(model: string, asked: Asked): Promise<Changed> {
    return inTransaction(this.database, async (transaction) => {
      const current = await this.lock(model, transaction);
      if (!current) throw new Fault('NOT_FOUND', `no version of ${model} is promoted`, { model });
      if (await this.isDone({ model, action: 'rollback' }, asked, transaction)) return { promotion: await this.find(model, transaction), changed: false };
      const version = current.earlier.at(-1);
      if (version === undefined) {
        throw new Fault('CONFLICT', `no version of ${model} served before version ${current.version}`, { model, version: current.version });
      }
      await this.write({ model, version, earlier: current.earlier.slice(0, -1), action: 'rollback', asked }, transaction);
      return { promotion: await this.find(model, transaction), changed: true };
    });
  }

  /** Everything that is promoted now. */
  async all(): Promise<Promoted> {
    // The counter is read first: a change between the two is then written by the next look.
    const [{ newest }] = await rowsOf<{ newest: number }>(this.database, 'SELECT last_value::float8 AS newest FROM training.alias_revision');
    return { promotions: await rowsOf<Promotion>(this.database, `${PROMOTIONS} ORDER BY alias.model, alias.alias`), newest };
  }

  /** Changes of one model come one after the other. */
  private async lock(model: string, transaction: EntityManager): Promise<{ version: number; earlier: number[] } | undefined> {
    await transaction.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`training.alias:${model}`]);
    const [current] = await rowsOf<{ version: number; earlier: number[] }>(
      transaction, 'SELECT version, earlier FROM training.alias WHERE model = $1 AND alias = $2', [model, PRODUCTION],
    );
    return current;
  }

  /** Whether this caller's wish under this key was carried out before: a reply that got lost must not roll back twice. */
  private async isDone(wish: { model: string; action: string; version?: number }, { caller, idempotencyKey }: Asked, transaction: EntityManager): Promise<boolean> {
    if (idempotencyKey === undefined) return false;
    const [done] = await rowsOf<{ model: string; action: string; version: number }>(
      transaction, 'SELECT model, action, version FROM training.alias_change WHERE caller = $1 AND idempotency_key = $2', [caller, idempotencyKey],
    );
    if (!done) return false;
    const isSame = done.model === wish.model && done.action === wish.action && (wish.version === undefined || wish.version === done.version);
    if (!isSame) throw new Fault('CONFLICT', 'this idempotency key was used for another change', { model: done.model, action: done.action });
    return true;
  }

  private async write({ model, version, earlier, action, asked }: Change, transaction: EntityManager): Promise<void> {
    await transaction.query(
      `WITH next AS (
         SELECT nextval('training.alias_revision') AS revision
       ), history AS (
         INSERT INTO training.alias_change (revision, model, alias, version, action, caller, idempotency_key) SELECT revision, $1, $2, $3, $5, $6, $7 FROM next
       )
       INSERT INTO training.alias (model, alias, version, earlier, revision) SELECT $1, $2, $3, $4, revision FROM next
       ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version, earlier = excluded.earlier, revision = excluded.revision, changed_at = now()`,
      [model, PRODUCTION, version, earlier, action, asked.caller, asked.idempotencyKey ?? null],
    );
  }

  private async find(model: string, transaction: EntityManager): Promise<Promotion> {
    const [promotion] = await rowsOf<Promotion>(transaction, `${PROMOTIONS} WHERE alias.model = $1 AND alias.alias = $2`, [model, PRODUCTION]);
    return promotion;
  }
}
