import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { VersionEntity } from '../versions/version.entity';

const KEY = 'alias_model_version_fkey';

/** Which version a name such as `production` points at, and what it pointed at before. */
@Entity({ schema: 'training', name: 'alias' })
export class AliasEntity {
  @PrimaryColumn({ type: 'text' }) model: string;
  @PrimaryColumn({ type: 'text' }) alias: string;
  @Column({ type: 'integer' }) version: number;
  @ManyToOne(() => VersionEntity)
  @JoinColumn([
    { name: 'model', referencedColumnName: 'model', foreignKeyConstraintName: KEY },
    { name: 'version', referencedColumnName: 'version', foreignKeyConstraintName: KEY },
  ])
  target?: VersionEntity;
  /** Versions that served before, the latest last; a rollback takes from its end. */
  @Column({ type: 'integer', array: true, default: '{}' }) earlier: number[];
  /** From the sequence training.alias_revision: grows over all models and never goes back. */
  @Column({ type: 'bigint' }) revision: string;
  @UpdateDateColumn({ type: 'timestamptz', name: 'changed_at' }) changedAt: Date;
}

/** The history of every alias: who let which version serve, and when. */
@Entity({ schema: 'training', name: 'alias_change' })
@Index('alias_change_key', ['caller', 'idempotencyKey'], { unique: true })
export class AliasChangeEntity {
  @PrimaryColumn({ type: 'bigint' }) revision: string;
  @Column({ type: 'text' }) model: string;
  @Column({ type: 'text' }) alias: string;
  @Column({ type: 'integer' }) version: number;
  @Column({ type: 'text' }) action: 'promote' | 'rollback';
  @Column({ type: 'text' }) caller: string;
  /** The caller's key for this change; the same key again is the same change. */
  @Column({ type: 'text', name: 'idempotency_key', nullable: true }) idempotencyKey: string | null;
  @CreateDateColumn({ type: 'timestamptz', name: 'changed_at' }) changedAt: Date;
}
