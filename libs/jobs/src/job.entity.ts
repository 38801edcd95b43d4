/** The tables of a service's jobs; they lie in the schema of the service. */
import type { JobState, JobView } from '@salus/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('job')
@Index('job_idempotency_key', ['caller', 'name', 'idempotencyKey'], { unique: true })
@Index('job_queued_idx', ['model', 'availableAt'], { where: "state = 'queued'" })
@Index('job_running_idx', ['leaseUntil'], { where: "state = 'running'" })
@Index('job_created_at_idx', ['createdAt'])
export class JobEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'job_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  /** Empty when the job belongs to no model. */
  @Column({ type: 'text' })
  model: string;

  @Column({ type: 'text' })
  caller: string;

  @Column({ name: 'idempotency_key', type: 'text', nullable: true })
  idempotencyKey: string | null;

  @Column({ type: 'jsonb' })
  input: unknown;

  /** W3C trace context of the request that asked for the job. */
  @Column({ type: 'text', nullable: true })
  traceparent: string | null;

  @Column({ type: 'text' })
  state: JobState;

  @Column({ type: 'int' })
  revision: number;

  /** The fence: grows with every claim and never falls. */
  @Column({ type: 'int' })
  attempt: number;

  /** Claims that count against maxAttempts: one that a stopping worker gave back does not. */
  @Column({ type: 'int' })
  tries: number;

  @Column({ name: 'max_attempts', type: 'int' })
  maxAttempts: number;

  @Column({ name: 'timeout_ms', type: 'int' })
  timeoutMs: number;

  /** Not claimed before this time: the backoff of a retry. */
  @Column({ name: 'available_at', type: 'timestamptz' })
  availableAt: Date;

  @Column({ name: 'lease_until', type: 'timestamptz', nullable: true })
  leaseUntil: Date | null;

  @Column({ type: 'text', nullable: true })
  worker: string | null;

  @Column({ type: 'jsonb' })
  progress: JobView['progress'];

  @Column({ type: 'jsonb', nullable: true })
  result: JobView['result'];

  @Column({ type: 'jsonb', nullable: true })
  failure: JobView['failure'];

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;
}

/** When a job of each model was claimed last: the claim takes the model that has waited longest. */
@Entity('job_turn')
export class JobTurnEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'job_turn_pkey' })
  model: string;

  @Column({ name: 'served_at', type: 'timestamptz' })
  servedAt: Date;
}

/** For the entities of a service that has jobs. */
export const jobEntities = [JobEntity, JobTurnEntity];
