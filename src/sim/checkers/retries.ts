/**
 * A write that is tried again under its id is applied once: an owner that holds one try of it, or
 * has held it since it started, does not stamp another.
 */
import {describe} from '../history.js';
import type {Ledger, Sighting} from '../ledger.js';

/** For an object as its coordinator sends it: on its way to the disk others may have joined it. */
export function checkRetries({host, fresh}: Sighting, ledger: Ledger): string[] {
  return fresh.flatMap(birth => {
    const {operation} = birth;
    const tries = operation === null || operation.id === '' ? [] : ledger.ofOperation(operation);
    return operation !== null && tries.some(one => one !== birth && ledger.holds(host, one))
      ? [`${host} applied ${describe(operation)} again, and had it`]
      : [];
  });
}
