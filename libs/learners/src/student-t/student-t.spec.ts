import { incompleteBeta, logGamma, twoSidedP } from './student-t';

const relative = (value: number, expected: number): number => Math.abs(value / expected - 1);

describe('Student’s t', () => {
  it.each([0, 0.1, 0.5, 1, 2.5, 10, 1e3])('equals the closed forms for 1 and 2 degrees of freedom at t = %p', (t) => {
    const cauchy = t === 0 ? 1 : (2 / Math.PI) * Math.atan(1 / t);
    expect(relative(twoSidedP(t, 1), cauchy)).toBeLessThan(1e-12);
    // 1 - t / √(2 + t²), written without cancellation
    const root = Math.sqrt(2 + t * t);
    expect(relative(twoSidedP(t, 2), 2 / (root * (root + t)))).toBeLessThan(1e-12);
    expect(twoSidedP(-t, 2)).toBe(twoSidedP(t, 2));
  });

  it.each([0.3, 1, 2, 5, 9])('equals the closed form for 4 degrees of freedom at t = %p', (t) => {
    // cdf = 1/2 + 3/8 · u · (1 - u²/12 ...) in the form of Abramowitz & Stegun 26.7.4, θ = atan(t / √ν)
    const theta = Math.atan(t / 2);
    const inside = Math.sin(theta) * (1 + 0.5 * Math.cos(theta) ** 2);
    expect(Math.abs(twoSidedP(t, 4) - (1 - inside))).toBeLessThan(1e-14);
  });

  it.each([
    [12.706204736432095, 1],
    [2.2281388519649385, 10],
    [2.0095752371292397, 49],
    [1.9839715185235518, 100],
  ])('exceeds the tabulated %p one time in twenty with %p degrees of freedom', (t, freedom) => {
    expect(relative(twoSidedP(t, freedom), 0.05)).toBeLessThan(1e-9);
  });

  it('approaches the normal distribution with many degrees of freedom', () => {
    expect(relative(twoSidedP(1.959963984540054, 1e6), 0.05)).toBeLessThan(1e-5);
  });

  it('stays between 0 and 1 and falls with t', () => {
    for (const freedom of [1, 3, 30, 349, 1e5]) {
      const values = [0, 0.5, 1, 2, 4, 8].map((t) => twoSidedP(t, freedom));
      expect(values[0]).toBe(1);
      values.slice(1).forEach((value, i) => expect(value > 0 && value < values[i]).toBe(true));
      expect(twoSidedP(1e9, freedom)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('the functions below it', () => {
  it('ln Γ equals ln (n - 1)! and ln √π', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(1e-12 * Math.max(1, Math.log(factorial)));
      factorial *= n;
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
    expect(logGamma(0.1)).toBeCloseTo(2.252712651734206, 12);
  });

  it('the incomplete beta function equals its polynomial for whole numbers and mirrors itself', () => {
    for (const x of [0, 0.1, 0.5, 0.77, 1]) {
      expect(incompleteBeta(x, 2, 3)).toBeCloseTo(x * x * (6 - 8 * x + 3 * x * x), 13);
      expect(incompleteBeta(x, 2, 3) + incompleteBeta(1 - x, 3, 2)).toBeCloseTo(1, 14);
    }
  });
});
