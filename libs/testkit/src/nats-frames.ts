/** The server's side of the NATS client protocol as a parser over chunks of bytes. Source: NATS documentation, "Client Protocol". */

/** A message as it came from the server. */
export interface NatsFrame {
  readonly kind: 'message';
  readonly sid: number;
  readonly subject: string;
  readonly reply: string | undefined;
  /** Three-digit status of the header line, such as 503 for "no responders". */
  readonly status: number | undefined;
  /** Header names as sent; of several equal ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A line without a body: INFO, PING, PONG, +OK, -ERR. */
export interface NatsLine {
  readonly kind: 'line';
  readonly verb: string;
  readonly text: string;
}

interface Pending {
  readonly words: readonly string[];
  readonly headerBytes: number;
  readonly totalBytes: number;
}

const CRLF = '\r\n';

/** Takes bytes in any pieces and gives whole frames. */
export class NatsFrameReader {
  private chunks: Buffer[] = [];
  private bufferedBytes = 0;
  private neededBytes = 1;
  private pending: Pending | undefined;

  /** The frames that these bytes complete, in order. */
  push(chunk: Buffer): (NatsFrame | NatsLine)[] {
    this.chunks.push(chunk);
    this.bufferedBytes += chunk.length;
    // A body of megabytes arrives in many chunks: joining them only when all are there keeps this linear.
    if (this.bufferedBytes < this.neededBytes) return [];
    let bytes = Buffer.concat(this.chunks);
    const frames: (NatsFrame | NatsLine)[] = [];
    for (;;) {
      const taken = this.pending === undefined ? this.takeLine(bytes, frames) : this.takeBody(bytes, frames);
      if (taken === 0) break;
      bytes = bytes.subarray(taken);
    }
    this.chunks = bytes.length === 0 ? [] : [bytes];
    this.bufferedBytes = bytes.length;
    this.neededBytes = this.pending === undefined ? bytes.length + 1 : this.pending.totalBytes + CRLF.length;
    return frames;
  }

  private takeLine(bytes: Buffer, frames: (NatsFrame | NatsLine)[]): number {
    const end = bytes.indexOf(CRLF);
    if (end < 0) return 0;
    const line = bytes.toString('utf8', 0, end);
    const [verb = '', ...words] = line.split(' ');
    if (verb === 'MSG') this.pending = { words, headerBytes: 0, totalBytes: Number(words.at(-1)) };
    else if (verb === 'HMSG') this.pending = { words: words.slice(0, -1), headerBytes: Number(words.at(-2)), totalBytes: Number(words.at(-1)) };
    else frames.push({ kind: 'line', verb, text: line.slice(verb.length + 1) });
    return end + CRLF.length;
  }

  private takeBody(bytes: Buffer, frames: (NatsFrame | NatsLine)[]): number {
    const { words, headerBytes, totalBytes } = this.pending as Pending;
    if (bytes.length < totalBytes + CRLF.length) return 0;
    const [subject = '', sid] = words;
    frames.push({
      kind: 'message',
      subject,
      sid: Number(sid),
      reply: words.length > 3 ? words[2] : undefined,
      ...readHeaders(bytes.toString('utf8', 0, headerBytes)),
      body: Buffer.from(bytes.subarray(headerBytes, totalBytes)),
    });
    this.pending = undefined;
    return totalBytes + CRLF.length;
  }
}

/** The bytes of a header block, ready for HPUB. Nothing is checked or escaped: a hostile client is one use of this. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}${CRLF}`);
  return Buffer.from(`NATS/1.0${CRLF}${lines.join('')}${CRLF}`);
}

function readHeaders(block: string): { status: number | undefined; headers: Record<string, string> } {
  const [first = '', ...lines] = block.split(CRLF);
  const status = /^NATS\/1\.0 (\d{3})/.exec(first)?.[1];
  const pairs = lines.filter((line) => line.includes(':')).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  return { status: status === undefined ? undefined : Number(status), headers: Object.fromEntries(pairs) };
}
