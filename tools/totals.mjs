/**
 * Exact totals of a Jest run from its JSON result. Jest's own numbers leave out what never became a test: a suite that could not be loaded, an
 * `afterAll` that threw, a run that was killed. Each of those counts as one failure here, so that "0 failed" means what it says.
 */

/**
 * @param {object | undefined} result what Jest wrote with `--json`, or undefined when it wrote nothing
 * @param {number} exitCode Jest's exit code
 * @returns {{ passed: number, failed: number, skipped: number, ok: boolean }} `ok` also needs one passed test
 */
export function totalsOf(result, exitCode) {
  const suites = result?.testResults ?? [];
  const brokenSuites = suites.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const passed = result?.numPassedTests ?? 0;
  const counted = (result?.numFailedTests ?? 0) + brokenSuites;
  const failed = counted === 0 && exitCode !== 0 ? 1 : counted;
  const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0);
  return { passed, failed, skipped, ok: failed === 0 && exitCode === 0 && passed > 0 };
}

/** The last line of `npm test`. */
export function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
