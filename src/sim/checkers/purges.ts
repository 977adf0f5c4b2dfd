/**
 * Once a host has removed what was deleted, or retired entries of a vector, no host lets out a
 * value again that was superseded by then; and no entry is retired that covers what was not.
 */
import type {StoredObject} from '../../causality/object.js';
import {covers, type VersionVector} from '../../causality/version-vector.js';
import {carries, type Ledger} from '../ledger.js';

export function checkPurged(
  host: string,
  name: string,
  object: StoredObject,
  ledger: Ledger,
): string[] {
  return ledger
    .of(name)
    .filter(({isPurged, tombstone, dot}) => isPurged && !tombstone && carries(object, dot))
    .map(
      ({write}) => `${host} brings back ${write} of ${name}, which was superseded and forgotten`,
    );
}

/** For entries that are about to leave the vector of what a host holds. */
export function checkRetired(
  host: string,
  name: string,
  entries: VersionVector,
  ledger: Ledger,
): string[] {
  return ledger
    .of(name)
    .filter(({tombstone, dead, dot}) => !tombstone && !dead && covers(entries, dot))
    .map(({write}) => `${host} forgets that it has seen ${write} of ${name}, which stands`);
}
