/**
 * De-identification of the patient column: HMAC-SHA-256 (RFC 2104) under a key of the site, as 64 hexadecimal digits. Without the
 * key an id cannot be found by trying them all, which a plain digest would allow; with the same key a patient keeps the same
 * pseudonym over files, so that a split by patient holds. Whoever has the key can test a guess: it is a pseudonym, not anonymity.
 */
import { createHmac } from 'node:crypto';
import { Fault } from '@salus/fault';

/** Shortest key taken, in bytes. */
export const MIN_KEY_BYTES = 16;
const REMEMBERED = 65_536;

/**
 * A function from a patient id (trimmed, Unicode NFC) to its pseudonym.
 *
 * @param key secret of the site, {@link MIN_KEY_BYTES} bytes or more
 * @throws Fault CONFIGURATION when the key is missing or too short
 */
export function pseudonymiser(key: Uint8Array | undefined): (id: string) => string {
  if (!key || key.length < MIN_KEY_BYTES) throw new Fault('CONFIGURATION', `pseudonymKey: expected ${MIN_KEY_BYTES} bytes or more, received ${key?.length ?? 0}`);
  const known = new Map<string, string>();
  return (id) => {
    const normal = id.trim().normalize('NFC');
    const remembered = known.get(normal);
    if (remembered !== undefined) return remembered;
    const pseudonym = createHmac('sha256', key).update(normal, 'utf8').digest('hex');
    if (known.size >= REMEMBERED) known.clear();
    known.set(normal, pseudonym);
    return pseudonym;
  };
}
