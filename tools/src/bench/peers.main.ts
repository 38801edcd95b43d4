/** The process behind `npm run bench:peers`; it ends with 1 when a peer is missing at the end. */
import { join } from 'node:path';
import { installPeers, peerPackages, thisMachine } from './peers';

try {
  const packages = peerPackages(join(__dirname, '..', '..', '..'));
  process.exitCode = installPeers(packages, thisMachine(), (line) => console.log(line)) ? 0 : 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
