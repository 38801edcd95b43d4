/** Tables of the blob store in schema `platform`: one row per content, its chunks, and who needs it. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

@Entity({ name: 'blob', schema: 'platform' })
@Index('blob_content_key', ['content'], { unique: true })
@Index('blob_touched_at_idx', ['touchedAt'])
export class BlobEntity {
  /** `sha256:` and 64 hexadecimal digits. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'blob_pkey' })
  digest: string;

  /** Under which id the chunks lie: a put does not know its digest before its last byte. */
  @Column({ type: 'uuid' })
  content: string;

  @Column({ type: 'bigint' })
  bytes: string;

  @Column({ type: 'int' })
  chunks: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Last time it was put, referenced or released: the collector counts its grace period from here. */
  @Column({ name: 'touched_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  touchedAt: Date;
}

@Entity({ name: 'blob_chunk', schema: 'platform' })
export class BlobChunkEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'blob_chunk_pkey' })
  content: string;

  @PrimaryColumn({ type: 'int', primaryKeyConstraintName: 'blob_chunk_pkey' })
  position: number;

  /** At most BLOB_CHUNK_BYTES. */
  @Column({ type: 'bytea' })
  bytes: Buffer;
}

@Entity({ name: 'blob_ref', schema: 'platform' })
@Index('blob_ref_digest_idx', ['digest'])
@ForeignKey(() => BlobEntity, ['digest'], ['digest'], { name: 'blob_ref_digest_fkey' })
export class BlobRefEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'blob_ref_pkey' })
  service: string;

  /** The fact that needs the blob, such as `dataset/<id>`. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'blob_ref_pkey' })
  fact: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'blob_ref_pkey' })
  digest: string;
}

/** Entities of schema `platform`. */
export const platformEntities = [BlobEntity, BlobChunkEntity, BlobRefEntity];
