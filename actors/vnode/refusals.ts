/**
 * Refusals: when a shard turns an operation down, and what it says then.
 *
 * Invariants:
 *   1. As the disk falls behind, clients' writes are turned down before those that another host has
 *      taken on already: to turn down a merge makes a write fail after all its work.
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {StorageFailure} from '../../src/ports/storage.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import type {VnodeOperation} from './vnode.messages.js';

/** null when the operation's object may be read from the disk first. */
export function refuseToLoad(operation: VnodeOperation, objects: ObjectStore): Rejection | null {
  const isPast = isDeferrable(operation) ? objects.crowded : objects.full;
  return isPast
    ? reject(Code.overloaded, 'this host reads as fast as it can; retry elsewhere')
    : null;
}

/** null when the operation has to wait for no commit, or may. */
export function refuseToWait(operation: VnodeOperation, {commits}: ObjectStore): Rejection | null {
  const mustWait = operation.kind !== 'read' || commits.pending(operation.name) !== undefined;
  const isPast = mustWait && (isDeferrable(operation) ? commits.crowded : commits.full);
  return isPast
    ? reject(Code.overloaded, 'this host commits as fast as it can; retry elsewhere or later')
    : null;
}

/** No other host has worked for it yet. */
function isDeferrable({kind}: VnodeOperation): boolean {
  return kind === 'coordinate' || kind === 'purge';
}

/** What is refused by a replica that may have lost what it acknowledged. */
export function rejectJoining(partition: number): Rejection {
  const why = 'its store was empty or damaged, and it takes writes alone until it is proven equal';
  return reject(
    Code.unavailable,
    `partition ${partition} is joining on this host: ${why} with the other owners; ask another`,
  );
}

export function rejectUnreadable({message}: StorageFailure): Rejection {
  const text = `this replica cannot read the key: ${message}; ask again with a lower R`;
  return reject(Code.unavailable, text);
}

export function rejectFailure({message}: StorageFailure): Rejection {
  return reject(Code.unavailable, `this replica could not commit: ${message}`);
}

export function rejectLate(): Rejection {
  const text = 'the write waited for the vnode until its deadline; nothing was applied; retry';
  return reject(Code.overloaded, text);
}

export function rejectOutOfDots(): Rejection {
  const text = 'the partition waits for its disk before it takes more writes; retry elsewhere';
  return reject(Code.overloaded, text);
}

export function rejectRestarted(): Rejection {
  return reject(Code.unavailable, 'the partition was restarted while it read the key; retry');
}
