import type { Promotion } from '@salus/contracts';
import { printable } from './printable';
import { shortDigest } from './quantity';
import type { Style } from './style';

/** Which version answers now. */
export function promotionLine({ model, version, service, alias, artifact }: Promotion, style: Style): string {
  const what = style.bold(`${model} version ${version}`);
  return `${style.green('promoted')}: ${what} is ${printable(alias)} in ${printable(service)} (artifact ${shortDigest(artifact)})`;
}
