// One prediction with nothing but a socket: the NATS protocol is lines of text. Any language can do this.
// Usage, while `npm start` runs: node docs/examples/plain-request.mjs ['{"rows":[…]}'] [subject]
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const { natsUrl, client } = JSON.parse(readFileSync(new URL('../../.salus/run.json', import.meta.url), 'utf8'));
const body = process.argv[2] ?? '{"rows":[{"age":59,"sex":2,"s1":157,"s6":87}],"explain":true}';
const subject = process.argv[3] ?? 'prediction.v1.predict.blood-pressure';

const { hostname, port } = new URL(natsUrl);
const inbox = `${client.inboxPrefix}.plain`;
const socket = connect(Number(port), hostname);
socket.write(`CONNECT ${JSON.stringify({ user: client.user, pass: client.password, headers: true, verbose: false, lang: 'none', version: '1' })}\r\n`);
socket.write(`SUB ${inbox} 1\r\nPUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\nPING\r\n`);

let received = '';
socket.setEncoding('utf8').on('data', (text) => {
  received += text;
  const reply = /\r?\n?(?:MSG|HMSG) \S+ 1 [\d ]+\r\n([\s\S]*?\})\r\n/.exec(received);
  if (!reply) return;
  console.log(reply[1].slice(reply[1].indexOf('{')));
  socket.end();
});
setTimeout(() => {
  console.error('no answer within 5 s');
  process.exit(1);
}, 5_000).unref();
