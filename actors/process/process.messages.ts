/** How a process ended: the arguments of Node's `exit` event. */
export type Exit = {readonly code: number | null; readonly signal: string | null};

/**
 * All that a supervised process can be told: `keep.*` by whoever runs it, `process.*` by the
 * process itself.
 */
export type ProcessEvent =
  | {type: 'keep.stop'}
  | {type: 'process.ready'}
  /** It is not ready yet, and works on it. */
  | {type: 'process.progressed'}
  | {type: 'process.exited'; exit: Exit};

export type ProcessInput = {
  /** False: the first exit is the end. */
  readonly restart: boolean;
  /** Whether an exit with this code would only be repeated by a restart. */
  readonly isIncurable: (code: number | null) => boolean;
  /**
   * How long it may take to get ready without a word of progress, in ms. Past it the process is
   * killed, which counts as a failure.
   */
  readonly startTimeoutMs: number;
  /** How long an orderly stop may take, in ms. Past it the process is killed. */
  readonly stopTimeoutMs: number;
};

export type ProcessContext = ProcessInput & {
  /** Exits in a row without a minute of being ready between them. */
  readonly failures: number;
  readonly wasReady: boolean;
};

/**
 * What is told to whoever runs the process. `restartInMs` is null when it will not be restarted.
 */
export type ProcessReport =
  | {readonly kind: 'ready'}
  | {readonly kind: 'exited'; readonly exit: Exit; readonly restartInMs: number | null}
  | {readonly kind: 'overdue'};
