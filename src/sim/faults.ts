/** Which kinds of things go wrong in a simulation. */
export type Faults = {
  /** Messages are delayed, reordered and lost. */
  readonly network: boolean;
  /** Hosts crash, alone and together, with and without power; some stop in order. All come back. */
  readonly crashes: boolean;
  /** Actors crash, and hosts end, at every step of a put. */
  readonly failpoints: boolean;
  /** Commits fail, applied all the same or not. */
  readonly failedCommits: boolean;
  /** A disk stands still for a while, longer than clients wait. */
  readonly stalls: boolean;
};

/** What `quorate sim` runs with. */
export const NETWORK_FAULTS: Faults = {
  network: true,
  crashes: false,
  failpoints: false,
  failedCommits: false,
  stalls: false,
};

export const ALL_FAULTS: Faults = {
  network: true,
  crashes: true,
  failpoints: true,
  failedCommits: true,
  stalls: true,
};
