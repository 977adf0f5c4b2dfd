/** What can go wrong in a simulation, kind by kind. A run draws which kinds it meets (swarm.ts). */

/** What the network does to messages at all times. */
export const WEATHER = ['delay', 'loss', 'reorder', 'repeat'] as const;

/** What happens now and then, to one host or to all. */
export const EVENTS = [
  /** A host's way to the broker is cut, both ways or one, for its connections or one of them. */
  'cut',
  /** The broker is gone for a while: every connection is lost. */
  'broker',
  /** A process ends at once; half of the time its machine's power goes too. */
  'crash',
  /** The same to all hosts at once. */
  'blackout',
  /** A host stops in order. */
  'stop',
  /** An actor crashes, or the host ends, at a chosen step of its work. */
  'failpoint',
  /** A process does nothing for a while, and what is sent to it waits. */
  'freeze',
  /** A disk does nothing for a while. */
  'stall',
  /** One commit fails, applied all the same or not. */
  'failed commit',
  /** A disk takes no commit for a while. */
  'full disk',
  /** One read fails, or all for a while. */
  'read fault',
  /** A bit of a stored record flips, noticed by whoever reads it next. */
  'rot',
  /** A host comes back with an empty disk. */
  'wipe',
  /** A host's wall clock jumps, forwards or back. */
  'clock jump',
] as const;

export type Weather = (typeof WEATHER)[number];
export type FaultEvent = (typeof EVENTS)[number];
export type FaultKind = Weather | FaultEvent;

/** Kinds that a run may draw from. */
export type Faults = readonly FaultKind[];

export const NETWORK_FAULTS: Faults = ['delay', 'loss', 'reorder'];
export const ALL_FAULTS: Faults = [...WEATHER, ...EVENTS];
