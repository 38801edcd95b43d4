/**
 * Sends a file to ingestion in pieces and hands it to the job that checks and stores it.
 *
 * The upload is named by an idempotency key made of the file's digest, its name and the model: a broken upload, also of
 * an earlier process, goes on with the pieces that are missing. An upload that has become a job which ended is closed, so
 * the file is then sent again under the next key: the manifest may have changed since. Each piece is read when it is sent
 * and a few are under way at a time. The service compares the digest with what arrived.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isEnded, type JobView, type ReplyOf, type RequestInputOf } from '@salus/contracts';
import { beginUpload } from '@salus/contracts/ingestion/begin-upload';
import { finishUpload } from '@salus/contracts/ingestion/finish-upload';
import { putChunk } from '@salus/contracts/ingestion/put-chunk';
import { Fault } from '@salus/fault';
import { digestOf, expectUnchanged, openSource, pieceAt, readPiece, type SourceFile } from './file-pieces';
import { patiently, type Patience } from './patience';
import type { PlatformClient } from './platform-client';

const PIECES_IN_FLIGHT = 4;
const MAX_FILE_NAME = 255;
/** How often the same file may have been added before; every one costs two small requests. */
const MAX_EARLIER_UPLOADS = 1_000;

type Progress = JobView['progress'];
type Upload = ReplyOf<typeof beginUpload>;

/** What is sent and how. */
export interface UploadOptions extends Patience {
  readonly path: string;
  /** Id of the model whose manifest the file is checked against. */
  readonly model: string;
  /** Told what has been read and sent, in percent of the file. */
  readonly onProgress?: (progress: Progress) => void;
}

interface Sending extends UploadOptions {
  readonly client: PlatformClient;
  readonly source: SourceFile;
  readonly digest: string;
}

/**
 * Sends a file; the job that is returned checks it and stores it as a dataset version (follow it with `followJob`).
 *
 * @throws Fault NOT_FOUND, FORBIDDEN or INVALID_DATA when the file cannot be read or is empty; CONFLICT when it changes
 * meanwhile; UNKNOWN_MODEL; UNAVAILABLE when the platform stays away longer than `patienceMs`; CANCELLED by the signal
 */
export async function uploadFile(client: PlatformClient, options: UploadOptions): Promise<JobView> {
  const source = await openSource(options.path);
  try {
    const report = throttledProgress(options, source.bytes);
    const digest = await digestOf(source, (bytes) => report('reading', bytes), options.signal);
    return await send({ ...options, client, source, digest });
  } finally {
    await source.handle.close();
  }
}

async function send(sending: Sending): Promise<JobView> {
  for (let earlier = 0; earlier < MAX_EARLIER_UPLOADS; earlier += 1) {
    const upload = await begin(sending, earlier);
    const wasComplete = upload.missing.length === 0;
    await sendMissing(sending, upload, () => begin(sending, earlier));
    await expectUnchanged(sending.source);
    const whole = { uploadId: upload.uploadId, digest: sending.digest };
    const job = await patiently(() => sending.client.request(finishUpload, whole, { signal: sending.signal }), sending);
    if (!(wasComplete && isEnded(job.state))) return job;
  }
  throw new Fault('CONFLICT', `the same file was added ${MAX_EARLIER_UPLOADS} times already`, { digest: sending.digest, model: sending.model });
}

/** The idempotency key of the upload of a file: the same for the same file, name, model and number of uploads that ended. */
export function uploadKey(file: { readonly digest: string; readonly fileName: string; readonly model: string }, earlier: number): string {
  return `upload-${createHash('sha256').update(JSON.stringify([file.digest, file.fileName, file.model, earlier])).digest('hex')}`;
}

function begin({ client, source, digest, model, ...options }: Sending, earlier: number): Promise<Upload> {
  const fileName = fileNameOf(source.path);
  const idempotencyKey = uploadKey({ digest, fileName, model }, earlier);
  return patiently(() => client.request(beginUpload, { model, fileName, bytes: source.bytes, digest }, { idempotencyKey, signal: options.signal }), options);
}

/** Sends what is missing; a reply names a thousand pieces at most, so it asks again until none is missing. */
async function sendMissing(sending: Sending, first: Upload, ask: () => Promise<Upload>): Promise<void> {
  const report = throttledProgress(sending, sending.source.bytes);
  let upload = first;
  let sent = 0;
  while (upload.missing.length > 0) {
    const queue = [...upload.missing];
    const known = upload.chunks - countMissing(upload) - sent;
    const worker = async (): Promise<void> => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        await sendPiece(sending, upload, index);
        sent += 1;
        report('sending', Math.min(sending.source.bytes, (known + sent) * upload.chunkBytes));
      }
    };
    const outcomes = await Promise.allSettled(Array.from({ length: PIECES_IN_FLIGHT }, () => worker().catch((error: unknown) => stop(queue, error))));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    const lastKnown = upload.missing.at(-1);
    if (lastKnown === upload.chunks - 1) return;
    upload = await ask();
    if (upload.missing[0] !== undefined && lastKnown !== undefined && upload.missing[0] <= lastKnown)
      throw new Fault('INTERNAL', `the platform lost piece ${upload.missing[0]} after it was sent`, { uploadId: upload.uploadId, index: upload.missing[0] });
  }
}

/** Pieces after the last one named may be missing too; they are counted as missing. */
function countMissing({ missing, chunks }: Upload): number {
  return missing.length + Math.max(0, chunks - 1 - (missing.at(-1) ?? chunks - 1));
}

/** One failure ends the others after the piece they are at. */
function stop(queue: number[], error: unknown): never {
  queue.length = 0;
  throw error;
}

async function sendPiece(sending: Sending, { uploadId, chunkBytes }: Upload, index: number): Promise<void> {
  const bytes = await readPiece(sending.source, pieceAt(index, { bytes: sending.source.bytes, chunkBytes }));
  // The field `data` travels as the raw body, beside the payload.
  const payload = { uploadId, index } as RequestInputOf<typeof putChunk>;
  await patiently(() => sending.client.request(putChunk, payload, { bytes, signal: sending.signal }), sending);
}

/** The last part of a path, without what the contract forbids in a file name. */
function fileNameOf(path: string): string {
  return basename(path).replace(/[\\/\p{Cc}]/gu, '_').slice(0, MAX_FILE_NAME);
}

/** Reports when a whole percent has passed, so that a large file does not report thousands of times. */
function throttledProgress({ onProgress }: UploadOptions, total: number): (phase: string, bytes: number) => void {
  let last = '';
  return (phase, bytes) => {
    const percent = Math.floor((100 * bytes) / total);
    if (!onProgress || last === `${phase} ${percent}`) return;
    last = `${phase} ${percent}`;
    onProgress({ percent, phase, metrics: { bytes } });
  };
}
