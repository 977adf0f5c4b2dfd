/** Past tenses end the scrub's own reads. */
export type ScrubEvent =
  | {type: 'scrub.read'}
  /** The disk refused, or is closed. Damage is told elsewhere: it ends the store. */
  | {type: 'scrub.failed'};

export type ScrubInput = {
  /** How long it waits before it looks again whether the host is still busy. */
  readonly yieldMs: number;
  /** How often in a row it does so, before it reads on all the same. */
  readonly yieldsMax: number;
};

export type ScrubContext = ScrubInput & {yields: number};
