// One prediction with nothing but a socket: the NATS protocol is lines of text. Any language can do this.
// Usage, while `npm start` runs: node docs/examples/plain-request.mjs ['{"rows":[…]}'] [subject]
// The exit code is 0 for an answer and 1 for an error, a silence, or when nothing runs.
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

const run = new URL('../../.salus/run.json', import.meta.url);
if (!existsSync(run)) end('nothing runs here: npm start');
const { natsUrl, client } = JSON.parse(readFileSync(run, 'utf8'));
const body = process.argv[2] ?? '{"rows":[{"age":59,"sex":2,"s1":157,"s6":87}],"explain":true}';
const subject = process.argv[3] ?? 'prediction.v1.predict.blood-pressure';

const { hostname, port } = new URL(natsUrl);
const inbox = `${client.inboxPrefix}.plain`;
const socket = connect(Number(port), hostname);
socket.on('error', ({ code }) => end(code === 'ECONNREFUSED' ? 'nothing runs here: npm start' : `the connection broke (${code})`));
socket.write(`CONNECT ${JSON.stringify({ user: client.user, pass: client.password, headers: true, verbose: false, lang: 'none', version: '1' })}\r\n`);
socket.write(`SUB ${inbox} 1\r\nPUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\nPING\r\n`);

let received = '';
socket.setEncoding('utf8').on('data', (text) => {
  received += text;
  const refusal = /(?:^|\r\n)-ERR ([^\r]*)\r\n/.exec(received);
  if (refusal) end(`NATS refuses: ${refusal[1]}`);
  const reply = /\r?\n?(?:MSG|HMSG) \S+ 1 [\d ]+\r\n([\s\S]*?\})\r\n/.exec(received);
  if (!reply) return;
  console.log(reply[1].slice(reply[1].indexOf('{')));
  // A reply that is an error says so in a header before its body.
  if (/^NATS\/1\.0[\s\S]*?\r\nNats-Service-Error-Code:/.test(reply[1])) process.exitCode = 1;
  socket.end();
});
setTimeout(() => end('no answer within 5 s'), 5_000).unref();

function end(reason) {
  console.error(reason);
  process.exit(1);
}
