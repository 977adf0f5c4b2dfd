/** What a simulated network does to messages. All of it may be changed while the network runs. */
/** Least and most, in milliseconds; anything between is as likely. */
export type Range = readonly [least: number, most: number];

export type NetworkFaults = {
  /** How long one hop takes; a message makes two, to the broker and from it. */
  readonly delayMs: Range;
  /** Chance, 0 to 1, that a hop loses a message. */
  readonly loss: number;
  /**
   * Chance that a hop repeats a message. Core NATS never does; a client that retries looks like it.
   */
  readonly repeat: number;
  /** Chance that a message leaves its hop's line: it may overtake others, or be overtaken. */
  readonly reorder: number;
  /**
   * How long a cut connection takes to be noticed, by its host and by the broker, each on its own.
   */
  readonly detectMs: Range;
  /** How long a host that can reach the broker again takes to dial it. */
  readonly redialMs: Range;
};

/** Delay and nothing else. */
export const calm: NetworkFaults = {
  delayMs: [0.1, 1],
  loss: 0,
  repeat: 0,
  reorder: 0,
  detectMs: [4_000, 6_000],
  redialMs: [100, 200],
};
