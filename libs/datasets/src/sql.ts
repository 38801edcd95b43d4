/** Quoting for the SQL that this room composes. Names and levels come from manifests, paths from callers: none is trusted. */
import { Fault } from '@salus/fault';

/**
 * A text as an SQL literal.
 *
 * @throws Fault INVALID_REQUEST when the text holds a NUL character, which would end the statement early
 */
export function sqlText(text: string): string {
  if (text.includes('\0')) throw new Fault('INVALID_REQUEST', 'a name, level or path holds a NUL character; expected text without it');
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column or table name as an SQL identifier; see {@link sqlText} for what it throws. */
export function sqlName(name: string): string {
  return `"${sqlText(name).slice(1, -1).replaceAll("''", "'").replaceAll('"', '""')}"`;
}
