/** The bounds of a simulated host's queues, as its configuration implies them. */
import {SIM_CONFIG} from './cluster.js';

/** A host's mailbox holds so many times what a partition's does. */
const COORDINATOR_MAILBOXES = 16;

/** What may wait for one actor, by the first word of its id. */
export function boundOf(kind: string): number {
  const {mailboxMax, store} = SIM_CONFIG;
  switch (kind) {
    case 'partition':
      return mailboxMax;
    case 'store':
      // One batch gathers, one is under way.
      return 2 * store.operationsMax;
    case 'coordinator':
      // What waits, and what is in flight.
      return 2 * COORDINATOR_MAILBOXES * mailboxMax;
    default:
      return COORDINATOR_MAILBOXES * mailboxMax;
  }
}
