/** The register of model versions: 1, 2, 3 … per model, entered in the transaction that ends the training job. */
import { Injectable } from '@nestjs/common';
import type { VersionDescriptor, VersionView } from '@salus/contracts';
import { Fault } from '@salus/fault';
import { rowsOf } from '@salus/persistence';
import { DataSource, type EntityManager } from 'typeorm';
import { VersionEntity } from './version.entity';

interface VersionRow extends Omit<VersionView, 'metrics' | 'coefficients' | 'lineage' | 'rows' | 'createdAt'> {
  readonly summary: Pick<VersionDescriptor, 'metrics' | 'coefficients' | 'lineage' | 'rows'>;
  readonly createdAt: Date;
}

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

  /**
   * Versions with the aliases that point at them, newest first.
   * @param model of this model alone
   */
  async list(model: string | undefined, limit: number): Promise<VersionView[]> {
    const found = await rowsOf<VersionRow>(
      this.database,
      `SELECT model, version, artifact, summary, created_at AS "createdAt",
         ARRAY(SELECT alias FROM training.alias WHERE alias.model = version.model AND alias.version = version.version ORDER BY alias) AS aliases
       FROM training.version WHERE $1::text IS NULL OR model = $1 ORDER BY CASE WHEN $1::text IS NULL THEN created_at END DESC, model, version DESC LIMIT $2`,
      [model ?? null, limit],
    );
    return found.map(({ summary, createdAt, ...view }) => ({ ...view, ...summary, createdAt: createdAt.toISOString() }));
  }

  /** @throws Fault NOT_FOUND when the model has no such version */
  async require(model: string, version: number, transaction: EntityManager): Promise<void> {
    if (await transaction.existsBy(VersionEntity, { model, version })) return;
    throw new Fault('NOT_FOUND', `model ${model} has no version ${version}`, { model, version });
  }
}
