type Totals = { passed: number; failed: number; skipped: number; ok: boolean };
const { totalsOf, totalsLine } = jest.requireActual<{ totalsOf(result: unknown, exitCode: number): Totals; totalsLine(totals: Totals): string }>('../totals.mjs');

const suite = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) });
const result = (numbers: { passed?: number; failed?: number; pending?: number; todo?: number }, testResults: unknown[] = []) => ({
  numPassedTests: numbers.passed ?? 0,
  numFailedTests: numbers.failed ?? 0,
  numPendingTests: numbers.pending ?? 0,
  numTodoTests: numbers.todo ?? 0,
  testResults,
});

describe('the totals of npm test', () => {
  it.each<[string, [result: unknown, exitCode: number], [line: string, ok: boolean]]>([
    ['all well', [result({ passed: 3, pending: 1, todo: 1 }, [suite('passed', 'passed')]), 0], ['3 passed, 0 failed, 2 skipped', true]],
    ['a failed test', [result({ passed: 3, failed: 1 }, [suite('failed', 'passed', 'failed')]), 1], ['3 passed, 1 failed, 0 skipped', false]],
    ['a suite that cannot be loaded', [result({ passed: 3 }, [suite('failed'), suite('passed', 'passed')]), 1], ['3 passed, 1 failed, 0 skipped', false]],
    ['an afterAll that throws', [result({ passed: 3 }, [suite('failed', 'passed')]), 1], ['3 passed, 1 failed, 0 skipped', false]],
    ['an exit code without a failed test', [result({ passed: 3 }), 1], ['3 passed, 1 failed, 0 skipped', false]],
    ['a run that was killed', [undefined, 137], ['0 passed, 1 failed, 0 skipped', false]],
    ['no test at all', [result({}), 0], ['0 passed, 0 failed, 0 skipped', false]],
    ['nothing but skipped tests', [result({ pending: 4 }), 0], ['0 passed, 0 failed, 4 skipped', false]],
  ])('%s', (_what, [jestResult, exitCode], expected) => {
    const totals = totalsOf(jestResult, exitCode);
    expect([totalsLine(totals), totals.ok]).toEqual(expected);
  });
});
