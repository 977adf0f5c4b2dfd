/** Past tenses end what the purge had begun. */
export type PurgeEvent =
  | {type: 'purge.swept'}
  | {type: 'purge.marked'}
  /** Nothing older than the marks is anywhere any more; or not everybody could say so. */
  | {type: 'purge.settled'}
  | {type: 'purge.unsettled'}
  | {type: 'purge.removed'}
  | {type: 'purge.stop'};
