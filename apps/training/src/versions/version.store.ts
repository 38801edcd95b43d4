/** The register of model versions: 1, 2, 3 … per model, entered in the transaction that ends the training job. */
import { Injectable } from '@nestjs/common';
import type { VersionDescriptor, VersionView } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { DataSource, type EntityManager } from 'typeorm';
import { AliasEntity } from '../promotion/alias.entity';
import { VersionEntity } from './version.entity';

@Injectable()
export class VersionStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Enters an artifact as the next version of its model, or gives the version that it is already.
   * A lock on the model keeps numbers without gaps or doubles.
   */
  async add(artifact: string, descriptor: VersionDescriptor, transaction: EntityManager): Promise<{ version: number; existed: boolean }> {
    const { model, manifest, metrics, coefficients, lineage, rows } = descriptor;
    await transaction.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`training.version:${model}`]);
    const known = await transaction.findOneBy(VersionEntity, { model, artifact });
    if (known) return { version: known.version, existed: true };
    const version = ((await transaction.maximum(VersionEntity, 'version', { model })) ?? 0) + 1;
    await transaction.insert(VersionEntity, { model, version, artifact, service: manifest.service, summary: { metrics, coefficients, lineage, rows } });
    return { version, existed: false };
  }

  async list(model: string | undefined, limit: number): Promise<VersionView[]> {
    const where = model === undefined ? {} : { model };
    const found = await this.database.getRepository(VersionEntity).find({ where, order: { createdAt: 'DESC', version: 'DESC' }, take: limit });
    const aliases = await this.database.getRepository(AliasEntity).find({ where });
    return found.map((entity) => ({
      model: entity.model,
      version: entity.version,
      artifact: entity.artifact,
      ...entity.summary,
      aliases: aliases.filter((alias) => alias.model === entity.model && alias.version === entity.version).map((alias) => alias.alias),
      createdAt: entity.createdAt.toISOString(),
    }));
  }

  /** @throws Fault NOT_FOUND */
  async find(model: string, version: number, transaction: EntityManager = this.database.manager): Promise<VersionEntity> {
    const found = await transaction.findOneBy(VersionEntity, { model, version });
    if (!found) throw new Fault('NOT_FOUND', `model ${model} has no version ${version}`, { model, version });
    return found;
  }
}
