/**
 * Promote and roll back: aliases in PostgreSQL, each change with a revision from one sequence that only grows. Serving
 * apps compare that revision, so a late or doubled message can never bring an older decision back.
 */
import { Injectable } from '@nestjs/common';
import type { Promotion } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { DataSource, type EntityManager } from 'typeorm';
import { VersionEntity } from '../versions/version.entity';
import { VersionStore } from '../versions/version.store';
import { AliasChangeEntity, AliasEntity } from './alias.entity';

/** The alias that serving apps answer with. */
export const PRODUCTION = 'production';

interface Change {
  readonly model: string;
  readonly version: number;
  readonly earlier: number[];
  readonly action: 'promote' | 'rollback';
  readonly caller: string;
}

@Injectable()
export class PromotionStore {
  constructor(
    private readonly database: DataSource,
    private readonly versions: VersionStore,
  ) {}

  /**
   * Lets a version serve; when it serves already, nothing changes.
   * @returns the promotion and whether something changed
   * @throws Fault NOT_FOUND when there is no such version
   */
  promote(model: string, version: number, caller: string): Promise<{ promotion: Promotion; changed: boolean }> {
    return this.database.transaction(async (transaction) => {
      await this.versions.find(model, version, transaction);
      const current = await this.lock(model, transaction);
      if (current?.version === version) return { promotion: await this.promotionOf(current, transaction), changed: false };
      const earlier = current ? [...current.earlier, current.version] : [];
      return { promotion: await this.write({ model, version, earlier, action: 'promote', caller }, transaction), changed: true };
    });
  }

  /**
   * Lets the version serve that served before the last promotion.
   * @throws Fault NOT_FOUND when nothing is promoted, CONFLICT when nothing served before
   */
  rollback(model: string, caller: string): Promise<Promotion> {
    return this.database.transaction(async (transaction) => {
      const current = await this.lock(model, transaction);
      if (!current) throw new Fault('NOT_FOUND', `no version of ${model} is promoted`, { model });
      const version = current.earlier.at(-1);
      if (version === undefined) throw new Fault('CONFLICT', `no version of ${model} served before version ${current.version}`, { model, version: current.version });
      return this.write({ model, version, earlier: current.earlier.slice(0, -1), action: 'rollback', caller }, transaction);
    });
  }

  /** Everything that is promoted now. */
  async all(): Promise<Promotion[]> {
    const aliases = await this.database.getRepository(AliasEntity).find();
    return Promise.all(aliases.map((alias) => this.promotionOf(alias, this.database.manager)));
  }

  private async lock(model: string, transaction: EntityManager): Promise<AliasEntity | null> {
    await transaction.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`training.alias:${model}`]);
    return transaction.findOneBy(AliasEntity, { model, alias: PRODUCTION });
  }

  private async write({ model, version, earlier, action, caller }: Change, transaction: EntityManager): Promise<Promotion> {
    const [{ revision }] = await transaction.query<{ revision: string }[]>("SELECT nextval('training.alias_revision') AS revision");
    const entry = { model, alias: PRODUCTION, version, earlier, revision };
    await transaction.upsert(AliasEntity, entry, ['model', 'alias']);
    await transaction.insert(AliasChangeEntity, { revision, model, alias: PRODUCTION, version, action, caller });
    return this.promotionOf(entry, transaction);
  }

  private async promotionOf(alias: Pick<AliasEntity, 'model' | 'alias' | 'version' | 'revision'>, transaction: EntityManager): Promise<Promotion> {
    const { service, artifact } = await transaction.findOneByOrFail(VersionEntity, { model: alias.model, version: alias.version });
    return { model: alias.model, service, alias: alias.alias, version: alias.version, artifact, revision: Number(alias.revision) };
  }
}
