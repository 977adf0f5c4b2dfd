/**
 * When to restart what has crashed, and when to give up: backoff within a budget
 * (Armstrong, "Making reliable distributed systems in the presence of software errors", 2003,
 * section 5.2).
 *
 * Invariants:
 *   1. Delays double from `firstDelayMs` up to `delayMsMax` while crashes follow each other within
 *      the window.
 *   2. More than `restartsMax` crashes within `windowMs` spend the budget; the crash then goes to
 *      the parent.
 */
export type RestartPolicy = {
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
  readonly restartsMax: number;
  readonly windowMs: number;
};

/** `recentMs`, oldest first, with this crash added and those outside the window dropped. */
export function addCrash(
  policy: RestartPolicy,
  recentMs: readonly number[],
  nowMs: number,
): number[] {
  return [...recentMs.filter(crashMs => nowMs - crashMs < policy.windowMs), nowMs];
}

export function isSpent(policy: RestartPolicy, recentMs: readonly number[]): boolean {
  return recentMs.length > policy.restartsMax;
}

export function restartDelayMs(policy: RestartPolicy, recentMs: readonly number[]): number {
  const doublings = Math.max(0, recentMs.length - 1);
  return Math.min(policy.delayMsMax, policy.firstDelayMs * 2 ** doublings);
}

/** What is kept of a crash for people: one line. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
