/**
 * The judge hears every answer that a host gives, the moment it leaves the host, and has it checked
 * against what the disks hold and what was promised before.
 */
import {EMPTY_VECTOR, mergeVectors, type VersionVector} from '../causality/version-vector.js';
import type {StoredObject} from '../causality/object.js';
import {checkClaim} from './checkers/claims.js';
import {burialsOf, checkShownDeleted, type Burial} from './checkers/deletes.js';
import {checkMonotony, seenBy, type Seen} from './checkers/monotony.js';
import {named} from './checkers/named.js';
import {checkWriteClaim} from './checkers/outcomes.js';
import {checkRead} from './checkers/reads.js';
import type {Attempt, Claim, History, Operation} from './history.js';
import type {Witness} from './witness.js';

export class Judge {
  /** What acknowledged deletes have superseded. */
  readonly burials: Burial[] = [];
  readonly #seen: Seen[] = [];

  constructor(
    private readonly witness: Witness,
    private readonly history: History,
  ) {}

  /** What is wrong with an answer. */
  judge(attempt: Attempt, claim: Claim): string[] {
    const {operation} = attempt;
    const {witness} = this;
    const vector = witness.vectorOf(operation.name, claim.context);
    const policy = witness.policyOf(operation.name);
    const problems = named('claims', checkClaim(attempt, claim, policy));
    if (operation.verb !== 'get') {
      return [...problems, ...this.#judgeWrite(operation, claim, vector)];
    }

    if (claim.code !== 200 && claim.code !== 404) {
      return problems;
    }

    return [...problems, ...this.#judgeRead(attempt, claim, vector ?? EMPTY_VECTOR)];
  }

  #judgeWrite(operation: Operation, claim: Claim, vector: VersionVector | null): string[] {
    const {witness} = this;
    const {ledger} = witness;
    const {name} = operation;
    const hosts = witness.holdings.replicasOf(name);
    const copies = hosts.map(host => ({host, object: witness.holdings.durable(host, name)}));
    const objects = copies.map(({object}) => object);
    const counted =
      claim.outcome === 'sloppy' ? [...objects, ...witness.holdings.kept(name)] : objects;
    const standIns = witness.holdings.standInsOf(name);
    const forgetful = [...hosts, ...standIns].filter(host =>
      this.#mayLack(host, operation.invokedMs),
    );
    const problems = checkWriteClaim(operation, claim, {
      ledger,
      vector,
      durable: counted.map(object => this.#seenBy(name, object)),
      forgetful: forgetful.length,
      isLww: witness.isLww(name),
    });
    // A delete that found nothing to delete promises nothing; a later try of it may.
    if (claim.code === 200 && (operation.verb === 'put' || claim.context !== '')) {
      const having = copies.filter(({object}) => witness.isIn(object, operation, vector));
      this.#promised(operation, claim, vector, [...having.map(({host}) => host), ...forgetful]);
      if (operation.verb === 'del' && vector !== null) {
        this.burials.push(...burialsOf(operation, claim, vector, {ledger, copies: objects}));
      }
    }

    return named('outcomes', problems);
  }

  /** All that a copy has seen, also what it has rightly forgotten since. */
  #seenBy(name: string, object: StoredObject | null): VersionVector | null {
    return object === null
      ? null
      : mergeVectors(object.vector, this.witness.ledger.forgotten(name));
  }

  /** Whether the host may lack what it had then or since. */
  #mayLack(host: string, sinceMs: number): boolean {
    const {losses} = this.witness;
    return losses.mayHaveForgotten(host, sinceMs) || losses.hasLost(host, sinceMs);
  }

  /** `holders` have it, or may have had it. */
  #promised(
    operation: Operation,
    {acks: needed, outcome}: Claim,
    vector: VersionVector | null,
    holders: readonly string[],
  ): void {
    const {witness} = this;
    const {copies} = witness.losses;
    copies.acknowledged(operation, {needed, holders, vector, isSloppy: outcome === 'sloppy'});
    for (const host of holders) {
      const here = witness.holdings.onDisk(host, operation.name);
      if (!here.some(object => witness.isIn(object, operation, vector))) {
        const isNoticed = !witness.losses.mayHaveForgotten(host, operation.invokedMs);
        copies.lost(host, [operation], {isNoticed});
      }
    }
  }

  #judgeRead(attempt: Attempt, claim: Claim, vector: VersionVector): string[] {
    const {witness, history} = this;
    const {ledger, losses} = witness;
    const {name} = attempt.operation;
    const {sentMs} = attempt;
    const isDue = (write: Operation) =>
      !losses.copies.mayBeLost(write) && !losses.mayHaveFounded(name, write.invokedMs);
    const hosts = [...witness.holdings.replicasOf(name), ...witness.holdings.standInsOf(name)];
    const held = witness.holdings
      .replicasOf(name)
      .map(host => witness.holdings.durable(host, name));
    const kept = claim.outcome === 'sloppy' ? witness.holdings.kept(name) : [];
    const durable = [...held, ...kept].map(object => this.#seenBy(name, object));
    const writerOf = (value: Uint8Array) => history.writerOf(value);
    const reads = checkRead(attempt, claim, {
      ledger,
      operations: history.operations,
      vector,
      durable: durable.filter(own => own !== null),
      writerOf,
      isLww: witness.isLww(name),
      isDue,
      unnoticed: operation => losses.copies.unnoticed(operation),
      // Whoever showed it may have lost it since, or only remember what its disk has lost.
      isAnyLost: writer =>
        hosts.some(
          host => losses.mayHaveForgotten(host, sentMs) || losses.hasLost(host, writer.invokedMs),
        ),
    });
    const deletes = checkShownDeleted(attempt, claim, claim.values.map(writerOf), {
      ledger,
      burials: this.burials.filter(({by}) => isDue(by) && losses.copies.unnoticed(by) === 0),
    });
    return [
      ...named('reads', reads),
      ...named('deletes', deletes),
      ...named('monotony', this.#judgeOrder(attempt, claim, vector)),
    ];
  }

  #judgeOrder(attempt: Attempt, claim: Claim, vector: VersionVector): string[] {
    const {witness} = this;
    const {name} = attempt.operation;
    const {quorum} = witness.policyOf(name);
    if (quorum !== 'strict') {
      return [];
    }

    const replicas = witness.holdings.replicasOf(name);
    const count = (which: (host: string) => boolean) => replicas.filter(which).length;
    const losses = {
      unnoticed: (sinceMs: number) => count(host => witness.losses.mayHaveForgotten(host, sinceMs)),
      all: (sinceMs: number) => count(host => this.#mayLack(host, sinceMs)),
      areMost: (sinceMs: number) => witness.losses.mayHaveFounded(name, sinceMs),
    };
    const forgotten = witness.ledger.forgotten(name);
    const problems = checkMonotony(attempt, claim, vector, {
      earlier: this.#seen,
      losses,
      forgotten,
    });
    // A read that no write need overlap says so, and promises nothing to the next one.
    if (claim.outcome === 'strict') {
      this.#seen.push(seenBy(attempt, claim, vector));
    }

    return problems;
  }
}
