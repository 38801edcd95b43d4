/**
 * The generator behind libs/registry/fixtures/models/recovery-time: invented hospital stays with what makes real tables
 * awkward – missing numbers, missing categories, several stays per patient. No person is behind any row.
 */
import { seededRandom, type Random } from '@salus/evaluation';

export const PATIENTS = 120;
const SEED = 20261123;
const WARDS = ['medicine', 'surgery', 'orthopaedics'];
/** Days that a stay on each ward takes beyond one in medicine. */
export const WARD_DAYS = [0, 2.5, 4];

/** Days to recovery, before error: what a model may find again. */
function expectedDays(stay: { age: number; crpMgPerL: number; ward: number }): number {
  return 1 + 0.06 * stay.age + 1.1 * Math.log(stay.crpMgPerL + 1) + WARD_DAYS[stay.ward];
}

/** Close to normal: the sum of twelve uniform numbers less 6. */
function nearNormal(random: Random): number {
  return Array.from({ length: 12 }, () => random.unit()).reduce((sum, value) => sum + value, -6);
}

/** The file's text: a header and a line per stay; a missing value is an empty field. */
export function recoveryCsv(): string {
  const random = seededRandom(SEED, 'recovery-time');
  const lines = ['patient,age,crp,ward,recovery_days'];
  for (let patient = 1; patient <= PATIENTS; patient++) {
    const age = 18 + random.below(73);
    const frailty = 0.8 * nearNormal(random);
    const stays = 1 + random.below(4);
    for (let stay = 0; stay < stays; stay++) {
      const crpMgPerL = Math.round(10 * 200 ** random.unit()) / 10;
      const ward = random.below(WARDS.length);
      const days = Math.max(0.5, expectedDays({ age, crpMgPerL, ward }) + frailty + 1.2 * nearNormal(random));
      const crpText = random.unit() < 0.12 ? '' : crpMgPerL.toFixed(1);
      const wardText = random.unit() < 0.04 ? '' : WARDS[ward];
      lines.push(`P${String(patient).padStart(3, '0')},${age},${crpText},${wardText},${days.toFixed(1)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
