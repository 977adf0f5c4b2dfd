/**
 * Joins what two replicas hold for one key.
 *
 * A dot is alive in the join unless one side covers it without carrying it: that side has seen its
 * write superseded. (Preguiça et al., "Dotted Version Vectors", 2010.) Live dots of one non-empty
 * id are one sibling; an id of which a dot died is retired.
 *
 * Invariants:
 *   1. Commutative, associative and idempotent.
 *   2. Nothing is dropped that neither side had superseded. In particular an id never kills a dot:
 *      a retry that was stamped where nobody knew of the first try may itself have superseded what
 *      superseded that try, and dropping both would leave nothing. What a retired id hides is
 *      decided when siblings are read (siblings.ts).
 *   3. Nothing is pruned by age or size.
 */
import {compareDots} from './dot.js';
import type {Dot} from './dot.js';
import type {IdStamp} from './id-list.js';
import type {Sibling, StoredObject} from './object.js';
import {findRetired, mergeRetired, retire, retiredIncludes} from './retired.js';
import {covers, dominates, mergeVectors, vectorsEqual} from './version-vector.js';

/**
 * The least object that knows all that `a` and `b` know; `a` or `b` itself when the other brings
 * nothing.
 */
export function mergeObjects(a: StoredObject, b: StoredObject): StoredObject {
  if (a === b || absorbs(a, b)) {
    return a;
  }

  if (absorbs(b, a)) {
    return b;
  }

  const wounded: IdStamp[] = [];
  const alive = [...survivors(a, b, wounded), ...survivors(b, a, wounded)];
  const siblings = joinTwins(alive);
  const retired = retire(mergeRetired(a.retired, b.retired), wounded);
  return alignStamps({vector: mergeVectors(a.vector, b.vector), siblings, retired});
}

/**
 * Whether both know the same writes and the same of them were superseded. Retired ids and values do
 * not count: use this, never identity, to decide that a replica is stale.
 */
export function sameWrites(a: StoredObject, b: StoredObject): boolean {
  return (
    vectorsEqual(a.vector, b.vector) &&
    a.siblings.length === b.siblings.length &&
    a.siblings.every((sibling, i) => sameDots(sibling.dots, b.siblings[i]!.dots))
  );
}

/** Whether the join of both is `a`. */
function absorbs(a: StoredObject, b: StoredObject): boolean {
  return (
    dominates(a.vector, b.vector) &&
    !a.siblings.some(sibling => sibling.dots.some(dot => isSuperseded(dot, b))) &&
    b.siblings.every(sibling => isAbsorbed(sibling, a)) &&
    retiredIncludes(a.retired, b.retired)
  );
}

/** Whether `object`, which covers all dots of `sibling`, learns nothing from it. */
function isAbsorbed(sibling: Sibling, object: StoredObject): boolean {
  const twin = object.siblings.find(other => areTwins(other, sibling));
  if (twin !== undefined && sibling.hlc < twin.hlc) {
    return false;
  }

  const allAlive = twin !== undefined && sibling.dots.every(dot => includesDot(twin.dots, dot));
  if (allAlive || sibling.id === '') {
    return true;
  }

  const retired = findRetired(object.retired, sibling.id);
  return retired !== undefined && retired <= sibling.hlc;
}

/** What is left of `own`'s siblings beside `other`. Notes in `wounded` those that lost a dot. */
function survivors(own: StoredObject, other: StoredObject, wounded: IdStamp[]): Sibling[] {
  const alive: Sibling[] = [];
  for (const sibling of own.siblings) {
    const dots = sibling.dots.filter(dot => !isSuperseded(dot, other));
    if (dots.length === sibling.dots.length) {
      alive.push(sibling);
      continue;
    }

    wounded.push(sibling);
    if (dots.length > 0) {
      alive.push({...sibling, dots});
    }
  }

  return alive;
}

function isSuperseded(dot: Dot, by: StoredObject): boolean {
  return covers(by.vector, dot) && !by.siblings.some(sibling => includesDot(sibling.dots, dot));
}

function joinTwins(siblings: readonly Sibling[]): Sibling[] {
  const joined: Sibling[] = [];
  for (const sibling of siblings) {
    const at = joined.findIndex(other => areTwins(other, sibling));
    if (at === -1) {
      joined.push(sibling);
    } else {
      joined[at] = joinPair(joined[at]!, sibling);
    }
  }

  return joined.toSorted((a, b) => compareDots(a.dots[0]!, b.dots[0]!));
}

/** Twins are one write: the same stamp of it, or stamps of the same id by several owners. */
function areTwins(a: Sibling, b: Sibling): boolean {
  return (a.id !== '' && a.id === b.id) || a.dots.some(dot => includesDot(b.dots, dot));
}

function joinPair(a: Sibling, b: Sibling): Sibling {
  const first = precedes(b, a) ? b : a;
  const second = first === a ? b : a;
  const missing = second.dots.filter(dot => !includesDot(first.dots, dot));
  return missing.length === 0
    ? first
    : {...first, dots: [...first.dots, ...missing].toSorted(compareDots)};
}

/** Of several tries of one write the earliest gives stamp and value. */
function precedes(a: Sibling, b: Sibling): boolean {
  return a.hlc === b.hlc ? compareDots(a.dots[0]!, b.dots[0]!) < 0 : a.hlc < b.hlc;
}

/**
 * A write that is both retired and alive keeps one stamp, the earliest known, or the order of
 * merges would show.
 */
function alignStamps(object: StoredObject): StoredObject {
  const {vector, siblings, retired} = object;
  const echoes = siblings.filter(({id}) => findRetired(retired, id) !== undefined);
  if (echoes.length === 0) {
    return object;
  }

  const aligned = retire(retired, echoes);
  const stamped = siblings.map(sibling => {
    const hlc = findRetired(aligned, sibling.id) ?? sibling.hlc;
    return hlc === sibling.hlc ? sibling : {...sibling, hlc};
  });
  return {vector, siblings: stamped, retired: aligned};
}

function sameDots(a: readonly Dot[], b: readonly Dot[]): boolean {
  return a.length === b.length && a.every((dot, i) => compareDots(dot, b[i]!) === 0);
}

function includesDot(dots: readonly Dot[], dot: Dot): boolean {
  return dots.some(
    ({incarnation, counter}) => counter === dot.counter && incarnation === dot.incarnation,
  );
}
