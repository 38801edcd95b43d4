import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';
import type { VersionDescriptor } from '@salus/contracts';

/** A registered model version; (model, artifact) is unique, so that the same training gives the same version. */
@Entity({ schema: 'training', name: 'version' })
@Index('version_artifact', ['model', 'artifact'], { unique: true })
export class VersionEntity {
  @PrimaryColumn({ type: 'text' }) model: string;
  @PrimaryColumn({ type: 'integer' }) version: number;
  @Column({ type: 'text' }) artifact: string;
  /** Service that answers with this model. */
  @Column({ type: 'text' }) service: string;
  @Column({ type: 'jsonb' }) summary: Pick<VersionDescriptor, 'metrics' | 'coefficients' | 'lineage' | 'rows'>;
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt: Date;
}
