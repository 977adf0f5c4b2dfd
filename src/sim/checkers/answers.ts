/** Every request is answered once, at most: and exactly once, in time, while nothing is broken. */
import {describe, type Attempt} from '../history.js';

/** `calmSinceMs`: attempts sent from then on must be answered. */
export function checkAnswers(attempts: readonly Attempt[], calmSinceMs: number): string[] {
  return attempts.flatMap(({operation, via, claims, heard, sentMs, no}) => {
    const what = `attempt ${no}, ${describe(operation)} through ${via},`;
    if (heard > 1 || claims.length > 1) {
      return [`${what} was answered ${Math.max(heard, claims.length)} times`];
    }

    return sentMs >= calmSinceMs && heard === 0 ? [`${what} was not answered`] : [];
  });
}
