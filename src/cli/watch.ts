/** Repeats something until Ctrl-C or a SIGTERM, which end it after the round under way. */
export async function untilInterrupted(
  round: () => Promise<unknown>,
  everyMs: number,
): Promise<void> {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const abort = () => stop.abort();
  for (const signal of signals) {
    process.once(signal, abort);
  }

  try {
    while (!stop.signal.aborted) {
      await round();
      await pause(everyMs, stop.signal);
    }
  } finally {
    for (const signal of signals) {
      process.off(signal, abort);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    if (signal.aborted) {
      resolve();
      return;
    }

    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
