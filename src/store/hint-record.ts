/**
 * A hint as it lies on disk, sealed (record.ts) under its key: an object that a stand-in keeps for
 * owners that could not take it, with all that its delivery needs to know after a restart.
 */
import {pack, unpack} from '../wire/pack.js';

/** Whom a hint is for, and since when. Where it lies and what it holds is not part of it. */
export type HintLabel = {
  /**
   * Of the partition, when the hint was kept: the targets are owners of then. Of several hints that
   * were merged the lowest.
   */
  readonly epoch: number;
  /** Ids of the owners that could not take the object. */
  readonly targets: readonly string[];
  /** By the wall clock, for people and alarms. Of several hints that were merged the earliest. */
  readonly keptAtMs: number;
};

const FORMAT = 1;

export function encodeHint({epoch, targets, keptAtMs}: HintLabel, object: Uint8Array): Uint8Array {
  return pack([FORMAT, epoch, targets, keptAtMs, object]);
}

/** null when the bytes are no hint. The object is a view into them, and not looked at. */
export function decodeHint(bytes: Uint8Array): {label: HintLabel; object: Uint8Array} | null {
  const parts = unpack(bytes);
  if (!Array.isArray(parts) || parts[0] !== FORMAT) {
    return null;
  }

  const [, epoch, targets, keptAtMs, object] = parts as unknown[];
  const isHint =
    Number.isSafeInteger(epoch) &&
    Array.isArray(targets) &&
    targets.every(target => typeof target === 'string') &&
    typeof keptAtMs === 'number' &&
    object instanceof Uint8Array;
  return isHint ? {label: {epoch, targets, keptAtMs} as HintLabel, object} : null;
}
