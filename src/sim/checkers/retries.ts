/**
 * A write that is tried again under its id is applied once: an owner whose disk has it, alive or
 * superseded, does not stamp it again.
 */
import {idsOf} from '../../causality/id-list.js';
import {hashMessageId} from '../../causality/message-id.js';
import type {StoredObject} from '../../causality/object.js';
import {describe} from '../history.js';
import type {Sighting} from '../ledger.js';

/**
 * For an object as its coordinator sends it: on its way to the disk others may have joined it.
 * `onDisk` is what the coordinator's disk has of the key at that moment.
 */
export function checkRetries({host, fresh}: Sighting, onDisk: StoredObject | null): string[] {
  if (onDisk === null) {
    return [];
  }

  return fresh.flatMap(({operation}) => {
    const id = operation === null || operation.id === '' ? '' : hashMessageId(operation.id);
    const isKnown =
      id !== '' &&
      (onDisk.siblings.some(sibling => sibling.id === id) ||
        idsOf(onDisk.retired).some(retired => retired.id === id));
    return isKnown && operation !== null
      ? [`${host} applied ${describe(operation)} again, and had it`]
      : [];
  });
}
