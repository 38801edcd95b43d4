/** Characters that move the cursor, change colours, reverse the direction of text or stay invisible. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** One line of text that is safe to print: names and messages come from files and services and may hold anything. */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(UNPRINTABLE, '\u{fffd}');
}
