/** What the hosts heal by themselves, and so what a run may ask of them. */
export type Healing = {
  /** Replicas become equal with nobody reading all keys, and then say no more about it. */
  readonly repair: boolean;
  /** In a strict bucket a read is never older than one before it that its quorum overlaps. */
  readonly monotonicReads: boolean;
};

export const HEALING: Healing = {repair: true, monotonicReads: true};
