/** The first step of the ingest job: the pieces of an upload as one file, whose digest is the one that the client gave. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '@salus/fault';
import type { Upload, UploadStore } from '../upload/upload.store';

/** What is received and where to. */
export interface Reception {
  readonly uploads: UploadStore;
  readonly upload: Upload;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Told how many bytes are written. */
  readonly onProgress: (bytes: number) => void;
}

/** @throws Fault INTEGRITY when the file is another one, CONFLICT when a piece is missing */
export async function receiveUpload({ uploads, upload, digest, path, signal, onProgress }: Reception): Promise<void> {
  const hash = createHash('sha256');
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    let written = 0;
    for await (const chunk of uploads.read(upload)) {
      hash.update(chunk);
      written += chunk.byteLength;
      onProgress(written);
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted()), createWriteStream(path), { signal });
  const received = `sha256:${hash.digest('hex')}`;
  if (received !== digest) throw new Fault('INTEGRITY', 'the uploaded file is not the one whose digest was given', { expected: digest, received });
}
