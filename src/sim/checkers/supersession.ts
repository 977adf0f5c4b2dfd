/**
 * No acknowledged write vanishes unless it is superseded by a write that saw it.
 *
 * Whoever first lets out an object in which a write is missing must have stamped one that could
 * cover it: one whose context covers it, or a blind one, coordinated by a host that had it. (In a
 * bucket where the last writer wins every write covers what its coordinator holds, whatever its
 * context.)
 */
import {covers, type VersionVector} from '../../causality/version-vector.js';
import type {StoredObject} from '../../causality/object.js';
import {claimsOf, describe, type Operation} from '../history.js';
import {carries, type Birth, type Ledger, type Sighting} from '../ledger.js';

export type SupersessionRules = {
  readonly ledger: Ledger;
  readonly isLww: (name: string) => boolean;
  /** null for a token that no host issued. */
  readonly openContext: (name: string, token: string) => VersionVector | null;
  /** Deletes without an id, whose stamps cannot be told apart. */
  readonly namelessDeletes: (name: string) => readonly Operation[];
};

/** Marks what died well; the others are the violations. */
export function checkDeaths(sighting: Sighting, rules: SupersessionRules): string[] {
  const violations: string[] = [];
  for (const {birth, by} of sighting.died) {
    birth.dead = true;
    const killers = by.flatMap(killer => writersOf(killer, rules));
    if (!killers.some(killer => mayCover(killer, birth, sighting.host, rules))) {
      const seen = killers.map(describe).join(', ') || 'no write at all';
      const dot = `${birth.dot.incarnation}:${birth.dot.counter}`;
      const lost = `${writeText(birth)} (dot ${dot})`;
      violations.push(`${sighting.host} let go of ${lost} for ${seen}`);
    }
  }

  // No client can have had a context of what was never seen, so only a blind write covers that.
  const isBlind = ({operation, name}: Birth) =>
    operation === null || operation.context === '' || rules.isLww(name);
  for (const operation of sighting.unseen) {
    rules.ledger.absorb(operation);
    if (!sighting.fresh.some(isBlind)) {
      violations.push(`${sighting.host} calls ${describe(operation)} superseded, and by nothing`);
    }
  }

  return violations;
}

/**
 * Once all is quiet: each acknowledged write is there, or was superseded by a write whose traces
 * are there.
 */
export function checkVanished(
  operations: readonly Operation[],
  ledger: Ledger,
  merged: (name: string) => StoredObject | null,
  /** The fault budget of the write is spent. */
  mayBeLost: (operation: Operation) => boolean,
): string[] {
  const promised = operations.filter(one => wasWritten(one) && !mayBeLost(one));
  return promised.flatMap(operation => {
    const births = ledger.ofOperation(operation);
    const isNameless = operation.verb === 'del' && operation.id === '';
    const object = merged(operation.name);
    const isKept = births.some(
      ({dot, dead}) =>
        object !== null && covers(object.vector, dot) && (dead || carries(object, dot)),
    );
    const isGone = isNameless || ledger.isAbsorbed(operation);
    return isKept || isGone ? [] : [`${describe(operation)} was acknowledged and has vanished`];
  });
}

/** A delete that found nothing to delete is acknowledged without a context, and writes nothing. */
function wasWritten(operation: Operation): boolean {
  return (
    operation.verb !== 'get' &&
    claimsOf(operation).some(
      ({code, context}) => code === 200 && (operation.verb === 'put' || context !== ''),
    )
  );
}

function writersOf({operation, name}: Birth, rules: SupersessionRules): readonly Operation[] {
  return operation === null ? rules.namelessDeletes(name) : [operation];
}

function mayCover(
  killer: Operation,
  birth: Birth,
  host: string,
  {ledger, isLww, openContext}: SupersessionRules,
): boolean {
  if (killer === birth.operation) {
    // A blind delete covers what a quorum shows, and tried again also what its first try left
    // there.
    return killer.verb === 'del' && killer.context === '';
  }

  // A try of the killed write may have been superseded through another of its dots.
  const {operation} = birth;
  const dots = operation === null ? [birth] : ledger.ofOperation(operation);
  if ((killer.context === '' || isLww(birth.name)) && dots.some(one => ledger.mayHold(host, one))) {
    return true;
  }

  const vector = openContext(killer.name, killer.context);
  return vector !== null && dots.some(({dot}) => covers(vector, dot));
}

function writeText({operation, write}: Birth): string {
  return operation === null ? write : describe(operation);
}
