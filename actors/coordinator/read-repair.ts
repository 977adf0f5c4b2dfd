/**
 * Read repair: sends the merged object to owners that were found to hold less; nobody waits for it.
 * Not when nothing but tombstones are left: whoever has none may have forgotten them rightly, and
 * if not, comparing the owners' trees will tell.
 */
import type {StoredObject} from '../../src/causality/object.js';
import {isDeleted} from '../../src/causality/siblings.js';
import {ITEM} from '../../src/wire/host-items.js';
import {encodeObject} from '../../src/wire/object-codec.js';
import type {Desk} from './flight.js';
import type {ReadFlight} from './read-flight.js';

export function repairStale(desk: Desk, read: ReadFlight, merged: StoredObject | null): void {
  const {partition, name} = read.request;
  const stale = merged !== null && isDeleted(merged) ? read.behind : read.stale;
  if (merged === null || stale.length === 0) {
    return;
  }

  const bytes = encodeObject(merged);
  const epoch = desk.epochOf(partition);
  for (const slot of stale) {
    if (slot === desk.self) {
      desk.gate(partition)?.post({kind: 'merge', name, bytes, done: () => undefined}, epoch);
    } else {
      desk.send(slot, [ITEM.merge, 0, partition, epoch, name, bytes]);
    }
  }
}
