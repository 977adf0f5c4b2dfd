/**
 * Once a host has removed what was deleted, no host lets out a value again that the delete had
 * superseded.
 */
import type {StoredObject} from '../../causality/object.js';
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
    .map(({write}) => `${host} brings back ${write} of ${name}, which was deleted and forgotten`);
}
