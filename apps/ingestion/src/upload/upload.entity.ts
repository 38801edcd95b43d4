import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

/** A file on its way in. Its pieces lie in upload_chunk until its job has ended. */
@Entity({ schema: 'ingestion', name: 'upload' })
@Index('upload_idempotency', ['caller', 'idempotencyKey'], { unique: true, where: 'idempotency_key IS NOT NULL' })
export class UploadEntity {
  @PrimaryColumn({ type: 'uuid' }) id: string;
  @Column({ type: 'text' }) caller: string;
  @Column({ type: 'text', name: 'idempotency_key', nullable: true }) idempotencyKey: string | null;
  @Column({ type: 'text' }) model: string;
  @Column({ type: 'text', name: 'file_name' }) fileName: string;
  @Column({ type: 'text' }) format: string;
  /** int8 comes as text from pg. */
  @Column({ type: 'bigint' }) bytes: string;
  @Column({ type: 'text', nullable: true }) digest: string | null;
  @Column({ type: 'integer', name: 'chunk_bytes' }) chunkBytes: number;
  @Column({ type: 'integer' }) chunks: number;
  /** The job that the closed upload became; its pieces go when that job has ended. */
  @Column({ type: 'uuid', name: 'job_id', nullable: true }) jobId: string | null;
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt: Date;
}

/** One piece of a file on its way in. */
@Entity({ schema: 'ingestion', name: 'upload_chunk' })
export class UploadChunkEntity {
  @PrimaryColumn({ type: 'uuid', name: 'upload_id' }) uploadId: string;
  @ManyToOne(() => UploadEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'upload_id', foreignKeyConstraintName: 'upload_chunk_upload_id_fkey' })
  upload?: UploadEntity;
  @PrimaryColumn({ type: 'integer' }) index: number;
  @Column({ type: 'bytea' }) data: Buffer;
}
