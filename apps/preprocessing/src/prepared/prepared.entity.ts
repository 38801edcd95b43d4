import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/** A prepared dataset, named by the digest of its descriptor blob. */
@Entity({ schema: 'preprocessing', name: 'prepared' })
@Index('prepared_by_model', ['model', 'createdAt'])
export class PreparedEntity {
  @PrimaryColumn({ type: 'text' }) digest: string;
  @Column({ type: 'text' }) model: string;
  @Column({ type: 'text' }) dataset: string;
  @Column({ type: 'text' }) manifest: string;
  @Column({ type: 'integer', name: 'train_rows' }) trainRows: number;
  @Column({ type: 'integer', name: 'test_rows' }) testRows: number;
  @Column({ type: 'integer', name: 'dropped_rows' }) droppedRows: number;
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt: Date;
}
