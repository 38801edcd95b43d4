/** What may go into a `jsonb` column. PostgreSQL refuses U+0000 and halves of surrogate pairs in it, with an error of its own. */
import { Fault } from '@salus/fault';

/** JSON.stringify writes both as escapes; an even number of backslashes before them belongs to the text. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/**
 * The JSON text of a value.
 *
 * @param what names the value in the fault
 * @throws Fault INVALID_REQUEST when it is no JSON value or holds a character that cannot be stored
 */
export function storableText(value: unknown, what: string): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new Fault('INVALID_REQUEST', `${what}: expected a JSON value, received ${typeof value}`);
  if (UNSTORABLE.test(text)) throw new Fault('INVALID_REQUEST', `${what}: a text holds U+0000 or half of a surrogate pair, which cannot be stored`);
  return text;
}
