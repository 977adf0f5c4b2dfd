import type {OpenReport, StorageFailure} from '../../src/ports/storage.js';

/**
 * All a store can be told: `store.*` imperatives come from its parent, past tenses end its own
 * effects.
 */
export type StoreEvent =
  | {type: 'store.opened'; report: OpenReport}
  | {type: 'store.gathered'}
  | {type: 'store.committed'}
  | {type: 'store.failed'; failure: StorageFailure}
  /** A record or a table was found damaged by a read. */
  | {type: 'store.damaged'; failure: StorageFailure}
  | {type: 'store.condemned'}
  | {type: 'store.close'}
  | {type: 'store.closed'};

/** What a store tells its parent. */
export type StoreReport =
  | {type: 'store.ready'; report: OpenReport}
  /** A damaged store is being salvaged: what was kept so far. */
  | {type: 'store.salvaging'; why: string; records: number; bytes: number}
  | {type: 'store.lost'; failure: StorageFailure}
  | {type: 'store.ended'};

export type StoreInput = {readonly syncEveryMs: number};

export type StoreContext = StoreInput & {failure: StorageFailure | null};
