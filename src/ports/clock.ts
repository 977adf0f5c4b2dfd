/**
 * The only source of time.
 *
 * Shape: `setTimeout` and `clearTimeout` are what xstate schedules delays with, so a Clock can be
 * handed to `createActor` as it is.
 */
export interface Clock {
  /** Milliseconds that only grow, from an arbitrary start. For deadlines, delays and rates. */
  nowMs(): number;
  /**
   * Milliseconds since 1970 by the machine's calendar. May jump either way: only for hybrid stamps
   * and for people.
   */
  wallMs(): number;
  /** Runs once, `delayMs` from now. The answer is only good for `clearTimeout`. */
  setTimeout(run: (...args: unknown[]) => void, delayMs: number): TimerId;
  clearTimeout(id: TimerId): void;
  /**
   * Runs once everything that has already arrived (messages, ended disk work) was handled.
   * This is where batches close: work gathered in one turn leaves together.
   */
  endOfTurn(run: () => void): void;
}

/** Opaque to everyone but the clock that gave it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the type xstate's own clock interface uses
export type TimerId = any;
