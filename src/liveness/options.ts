/** The knobs of failure detection; src/config.ts has the defaults, and what more or less does. */
export type GossipOptions = {
  /** Between two heartbeats of a host. */
  readonly everyMs: number;
  /** Hosts that a heartbeat goes to, when there are more than twice as many. */
  readonly fanout: number;
  /** From this phi on a silent host is suspect. */
  readonly suspectPhi: number;
  /** A silence that would be suspicious must last so much longer to convict a host. */
  readonly pauseMs: number;
  /** For how long other evidence must stand before it convicts a host. */
  readonly confirmMs: number;
  /** After a start, and after the broker was lost, nobody is convicted for so long. */
  readonly graceMs: number;
};
