import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/** An immutable dataset version, named by the digest of its descriptor blob. */
@Entity({ schema: 'ingestion', name: 'dataset' })
@Index('dataset_by_model', ['model', 'createdAt'])
export class DatasetEntity {
  @PrimaryColumn({ type: 'text' }) digest: string;
  @Column({ type: 'text' }) model: string;
  /** Name of the file as the client sent it first. */
  @Column({ type: 'text', name: 'file_name' }) fileName: string;
  @Column({ type: 'integer' }) rows: number;
  @Column({ type: 'bigint' }) bytes: string;
  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' }) createdAt: Date;
}

/** The key under which patient identifiers become pseudonyms; made once, never leaves this table and the job. */
@Entity({ schema: 'ingestion', name: 'pseudonym_key' })
@Check('pseudonym_key_id_check', 'id = 1')
export class PseudonymKeyEntity {
  @PrimaryColumn({ type: 'integer', default: 1 }) id: number;
  @Column({ type: 'bytea' }) key: Buffer;
}
