/**
 * What a write, or another replica's object, makes of what is held for a key. Vnodes decide so, and
 * stand-ins.
 *
 * Invariants:
 *   1. A retry of a known write stamps nothing.
 *   2. Merges pass over the bounds that writes keep (T8): replicas would differ for ever otherwise.
 */
import {hlcOfWallMs} from '../../src/causality/hlc.js';
import {mergeObjects} from '../../src/causality/merge.js';
import {pruneBeside, pruneRetired} from '../../src/causality/retired.js';
import {liveSiblings} from '../../src/causality/siblings.js';
import {mergeVectors} from '../../src/causality/version-vector.js';
import {applyWrite, findRetry, type WriteIntent} from '../../src/causality/write.js';
import {Code, reject, type Rejection} from '../../src/errors.js';
import {OBJECT_BYTES_MAX, RETRY_WINDOW_MS} from '../../src/limits.js';
import {hold, holdBytes, type Held} from '../../src/store/held.js';
import type {BucketRules} from '../../src/topology/rules.js';
import type {Stamper} from './stamper.js';

export type Decision =
  /** To be let out, and made durable. */
  | {readonly kind: 'written'; readonly held: Held}
  /** The write is one that is held already. */
  | {readonly kind: 'known'; readonly held: Held}
  | {readonly kind: 'refused'; readonly rejection: Rejection}
  /** The writer has seen a dot of the stamper's that the stamper does not know; it rests now. */
  | {readonly kind: 'forgotten'}
  /** No dot is left under the lease. */
  | {readonly kind: 'outOfDots'};

export type Write = {
  readonly name: string;
  readonly intent: WriteIntent;
  readonly rules: BucketRules;
};

/**
 * Whoever stamps a write forgets ids this much later than owners that are sent it. What it has
 * forgotten they have too, unless their clocks are further apart, and so its object is all that
 * they know and more: they store it as it came, and need not merge and encode.
 */
const SKEW_MS = 500;

export function decideWrite(
  {name, intent: asked, rules}: Write,
  mine: Held | null,
  stamper: Stamper,
  wallMs: number,
): Decision {
  // Where the last writer wins, a write also covers what is held, or what nobody is shown would
  // pile up.
  const intent = rules.conflicts === 'lww' ? coverAlso(asked, mine) : asked;
  if (mine !== null && findRetry(mine.object, intent.id) !== undefined) {
    return {kind: 'known', held: mine};
  }

  if (intent.cover !== 'everything' && stamper.hasForgotten(intent.cover)) {
    return {kind: 'forgotten'};
  }

  const stamp = stamper.stamp(mine?.object, intent.coverHlc);
  if (stamp === null) {
    return {kind: 'outOfDots'};
  }

  const written = applyWrite(mine?.object, intent, stamp);
  const held = hold(name, pruneRetired(written, hlcBefore(wallMs, RETRY_WINDOW_MS + SKEW_MS)));
  const rejection = tooLarge(held, rules);
  return rejection === null ? {kind: 'written', held} : {kind: 'refused', rejection};
}

/** What is held after `theirs` was merged in: `mine` or `theirs` itself when it says it all. */
export function mergeHeld(mine: Held | null, theirs: Held, wallMs: number): Held {
  const olderThan = hlcBefore(wallMs, RETRY_WINDOW_MS);
  const known = mine === null ? null : pruneBeside(mine.object, theirs.object, olderThan);
  const merged = known === null ? theirs.object : mergeObjects(known, theirs.object);
  if (merged === theirs.object) {
    return theirs;
  }

  return mine !== null && merged === known
    ? mine
    : hold(theirs.name, pruneRetired(merged, olderThan));
}

/** null when the bytes are no object. */
export function readPeerObject(name: string, bytes: Uint8Array): Held | null {
  try {
    return holdBytes(name, bytes);
  } catch {
    return null;
  }
}

function hlcBefore(wallMs: number, ms: number): number {
  return hlcOfWallMs(wallMs - ms);
}

function coverAlso(intent: WriteIntent, held: Held | null): WriteIntent {
  const {cover} = intent;
  return held === null || cover === 'everything'
    ? intent
    : {...intent, cover: mergeVectors(held.object.vector, cover)};
}

function tooLarge({object, bytes}: Held, {maxSiblings}: BucketRules): Rejection | null {
  const count = liveSiblings(object).length;
  const cure = 'get the key and put one value with the context you get';
  if (count > maxSiblings) {
    const text = `the key has ${count - 1} siblings and its bucket allows ${maxSiblings}: ${cure}`;
    return reject(Code.tooLarge, text);
  }

  if (bytes.length > OBJECT_BYTES_MAX) {
    const sizes = `${bytes.length} bytes of ${OBJECT_BYTES_MAX}`;
    const text = `the key's values would take ${sizes}: ${cure}`;
    return reject(Code.tooLarge, text);
  }

  return null;
}
