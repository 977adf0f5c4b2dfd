/**
 * Ctrl-C and its relatives.
 *
 * Invariants:
 *   1. The first SIGINT, SIGTERM or SIGHUP asks for an orderly stop.
 *   2. A later one forces, but not one that follows within half a second: npm passes on a signal
 *      that the terminal has already sent to the whole group, so one Ctrl-C arrives twice.
 */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const echoMs = 500;

export type StopSignal = (typeof stopSignals)[number];

export type StopRequests = {
  readonly asked: AbortSignal;
  readonly forced: AbortSignal;
  /** The signal that asked, or null while none did. */
  signal(): StopSignal | null;
};

/** For the rest of the process's life, so that a late echo does not cut its orderly end short. */
export function listenForStop(emitter: NodeJS.Process = process): StopRequests {
  const asked = new AbortController();
  const forced = new AbortController();
  let first: {signal: StopSignal; atMs: number} | null = null;

  const onSignal = (signal: StopSignal) => {
    const nowMs = performance.now();
    if (first === null) {
      first = {signal, atMs: nowMs};
      asked.abort();
    } else if (nowMs - first.atMs >= echoMs) {
      forced.abort();
    }
  };

  for (const signal of stopSignals) {
    emitter.on(signal, onSignal);
  }

  return {
    asked: asked.signal,
    forced: forced.signal,
    signal: () => first?.signal ?? null,
  };
}
