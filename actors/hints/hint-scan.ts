/**
 * Finds the hints on a disk again (T17): all of them at the start, and after a failed commit those
 * of which it is not known whether they are there.
 */
import {StorageFailure, type Storage} from '../../src/ports/storage.js';
import type {HintLabel} from '../../src/store/hint-record.js';
import {hintKey, hintRange, placeOfKey} from '../../src/store/layout.js';
import {openHint} from './hint-reader.js';
import type {HintIndex} from './hint-index.js';
import type {Spot} from './shelf.js';

type Ended = (failure: StorageFailure | null) => void;
type Found = Spot & {readonly label: HintLabel; readonly objectBytes: number};

/** Objects may be large: so many of them are in memory at once. */
const SCAN_BATCH = 64;

/** Fills an empty index, the oldest hint first. */
export function scanHints(storage: Storage, index: HintIndex, done: Ended): void {
  const {from: first, to} = hintRange();
  const found: Found[] = [];
  const scanFrom = (from: Uint8Array): void => {
    storage.scan({from, to, limit: SCAN_BATCH}, (failure, entries) => {
      if (failure !== null) {
        done(failure);
        return;
      }

      for (const {key, value} of entries) {
        const place = placeOfKey(key);
        const spot = place?.kind === 'hint' ? place : {partition: 0, name: ''};
        const hint = openHint({key, name: spot.name}, value);
        if (hint === null || hint instanceof StorageFailure) {
          done(hint);
          return;
        }

        const {label, held} = hint;
        const {partition, name} = spot;
        found.push({partition, name, label, objectBytes: held.bytes.length});
      }

      const last = entries.at(-1);
      if (entries.length === SCAN_BATCH && last !== undefined) {
        scanFrom(Buffer.concat([last.key, Buffer.of(0)]));
      } else {
        found.sort((a, b) => a.label.keptAtMs - b.label.keptAtMs);
        found.forEach(hint => index.set(hint, hint.label.keptAtMs));
        done(null);
      }
    });
  };

  scanFrom(first);
}

/** Brings the index up to what the disk holds of these keys. */
export function rereadHints(
  storage: Storage,
  index: HintIndex,
  spots: readonly Spot[],
  done: Ended,
): void {
  const keys = spots.map(({partition, name}) => hintKey(partition, name));
  storage.read(keys, answers => {
    for (const [at, key] of keys.entries()) {
      const {partition, name} = spots[at] as Spot;
      const hint = openHint({key, name}, answers[at]);
      if (hint instanceof StorageFailure) {
        done(hint);
        return;
      }

      const entry = index.find(partition, name);
      if (hint !== null) {
        const {label, held} = hint;
        const change = {partition, name, label, objectBytes: held.bytes.length};
        index.set(change, label.keptAtMs).pending = null;
      } else if (entry !== undefined) {
        index.remove(entry);
      }
    }

    done(null);
  });
}
