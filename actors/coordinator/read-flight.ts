/**
 * A quorum read: asks this host's vnode for the object and R-1 other owners for its hash, and
 * merges what R of them hold. Copies are nearly always equal, so that one of them suffices; whoever
 * has another one is asked for it. One more owner is asked when somebody refuses or is slow; in a
 * sloppy bucket, when no owner is left, stand-ins are asked for what they keep.
 *
 * Invariants:
 *   1. It is met by R slots that answered from durable state, never by a refusal or an error (T42).
 *   2. A hash counts only beside an object that was read and has that hash.
 *   3. What a stand-in keeps counts for one owner; that it keeps nothing counts for none (T18).
 *   4. Owners that are found to hold less get the merged object, with its original dots, as a
 *      merge; stand-ins never do (T32).
 */
import type {StoredObject} from '../../src/causality/object.js';
import {Code} from '../../src/errors.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import {Tally} from '../../src/quorum/tally.js';
import {ITEM} from '../../src/wire/host-items.js';
import type {Answer, Reply, Request} from './coordinator.messages.js';
import {askKept, askOwner, inOrder, type ReadKind} from './asking.js';
import {Copies} from './copies.js';
import {Cover} from './cover.js';
import {countReachable, STAND_IN_AFTER_MS, type Desk, type Flight} from './flight.js';
import {failure} from './answers.js';

/** After this long without a quorum one more owner is asked (speculative retry). */
export const SPECULATE_AFTER_MS = 20;

type Digest = {readonly slot: string; readonly hash: Hash64};

export class ReadFlight implements Flight {
  readonly tally: Tally;
  hasStandIn = false;
  readonly #needed: number;
  readonly #untried: string[];
  readonly #copies: Copies;
  /** Hashes that no object has been compared with yet. */
  #digests: Digest[] = [];
  #speculateAtMs: number;
  readonly #silentAtMs: number;
  #cover: Cover | null = null;

  constructor(
    readonly no: number,
    readonly request: Request,
    private readonly desk: Desk,
    private readonly owners: readonly string[],
    /**
     * Goes on with what the quorum holds; the flight has ended or been replaced when it returns.
     */
    private readonly onQuorum: (flight: ReadFlight, merged: StoredObject | null) => void,
  ) {
    this.#needed = neededBy(request);
    this.#copies = new Copies(request.name);
    this.tally = new Tally(this.#needed, owners);
    this.#untried = inOrder(owners, no, desk);
    const nowMs = desk.nowMs();
    this.#speculateAtMs = nowMs + SPECULATE_AFTER_MS;
    this.#silentAtMs = nowMs + STAND_IN_AFTER_MS;
  }

  start(): void {
    const reachable = countReachable(this.owners, this.desk);
    if (reachable < this.#needed && reachable + this.#countStandIns() < this.#needed) {
      const seen = `${reachable} of the key's owners can be reached, ${this.#need()}`;
      this.#fail(Code.unavailable, `${seen}: retry later or with a lower R`);
      return;
    }

    for (let asked = 0; asked < this.#needed; asked += 1) {
      this.#askNext(ITEM.digest);
    }
  }

  onReply({slot, code, text, object, digest, lost}: Reply): void {
    if (lost && this.#untried.includes(slot)) {
      // It was never asked, and may be linked again before its turn comes.
      return;
    }

    if (code !== Code.ok) {
      this.#refused(slot, text, lost);
    } else if (digest === null) {
      this.#found(slot, object);
    } else if (this.#copies.isEmpty) {
      this.#digests.push({slot, hash: digest});
    } else {
      this.#compare({slot, hash: digest});
    }
  }

  /** Owners that are known to hold all of what was merged, durably. */
  get holders(): readonly string[] {
    return this.#copies.holders(this.owners);
  }

  /** Owners that were found to hold less. */
  get stale(): readonly string[] {
    return this.#copies.stale(this.owners);
  }

  finish(answer: Answer): void {
    this.desk.end(this, answer);
  }

  onTick(nowMs: number): void {
    if (nowMs >= this.request.deadlineMs) {
      const seen = `${this.tally.acks} of ${this.#needed} owners answered in time`;
      this.#fail(Code.unknownOutcome, `${seen}: retry, or lower R`);
    } else if (nowMs >= this.#speculateAtMs) {
      this.#speculateAtMs = nowMs + SPECULATE_AFTER_MS;
      this.#fetchDigested();
      if (!this.#askNext(ITEM.read) && nowMs >= this.#silentAtMs) {
        this.#askStandIn(this.owners.find(owner => !this.tally.hasHeard(owner)) ?? '');
      }
    }
  }

  #found(slot: string, object: StoredObject | null): void {
    const owner = this.#cover?.ownerOf(slot) ?? slot;
    if (owner === slot) {
      this.#answered(slot, slot, object);
    } else if (object === null) {
      this.#refused(slot, `${slot} keeps nothing of the key`, false);
    } else {
      this.#answered(owner, slot, object);
    }
  }

  #answered(owner: string, slot: string, object: StoredObject | null): void {
    if (!this.tally.ack(owner)) {
      return;
    }

    this.hasStandIn ||= owner !== slot;
    this.#copies.add(slot, object);
    if (this.tally.verdict === 'met') {
      this.onQuorum(this, this.#copies.merged);
      return;
    }

    const digests = this.#digests;
    this.#digests = [];
    for (const digest of digests) {
      if (this.tally.verdict === 'pending') {
        this.#compare(digest);
      }
    }
  }

  /** A slot that holds what another one showed has answered; of any other the object is needed. */
  #compare({slot, hash}: Digest): void {
    const equal = this.#copies.withHash(hash);
    if (equal === undefined) {
      this.#ask(slot, ITEM.read);
    } else {
      this.#answered(slot, slot, equal.object);
    }
  }

  /** Nothing has come that hashes could be compared with: their objects themselves are needed. */
  #fetchDigested(): void {
    const digests = this.#digests;
    this.#digests = [];
    for (const {slot} of digests) {
      this.#ask(slot, ITEM.read);
    }
  }

  #refused(slot: string, why: string, isLost: boolean): void {
    const {tally, request} = this;
    if (request.isSloppy) {
      this.#ceded(slot, why, isLost);
    } else if ((isLost ? tally.lose(slot) : tally.refuse(slot)) && !this.#isOver(why)) {
      this.#fetchDigested();
      this.#askNext(ITEM.read);
    }
  }

  /** While anybody is left who may have the object no slot is given up. */
  #ceded(slot: string, why: string, isLost: boolean): void {
    const {tally, owners} = this;
    const isOwner = owners.includes(slot);
    this.#cover ??= new Cover(this.#standIns());
    const owner = isOwner ? slot : this.#cover.end(slot, isLost);
    if (owner === null || tally.hasHeard(owner)) {
      return;
    }

    if (isOwner) {
      this.#cover.fail(owner, isLost);
    }

    this.#fetchDigested();
    const vacant = owners.filter(one => this.#cover?.isVacant(one));
    if (this.#askNext(ITEM.read) || vacant.some(one => this.#askStandIn(one))) {
      return;
    }

    vacant.forEach(failed => tally.refuse(failed));

    this.#isOver(why);
  }

  /** When too few are left. */
  #isOver(why: string): boolean {
    const {verdict, acks} = this.tally;
    if (verdict === 'impossible') {
      const seen = `only ${acks} of the ${this.#needed} owners needed could answer`;
      this.#fail(Code.unavailable, `${seen} (${why}): retry later or with a lower R`);
    }

    return verdict === 'impossible';
  }

  /** A delete that only got as far as reading says so. */
  #fail(code: Code, why: string): void {
    const text = this.request.verb === 'del' ? `${why}; nothing was applied` : why;
    this.desk.end(this, failure(code, text, this));
  }

  /** False when all owners have been asked. */
  #askNext(kind: ReadKind): boolean {
    const slot = this.#untried.shift();
    if (slot !== undefined) {
      this.#ask(slot, kind);
    }

    return slot !== undefined;
  }

  #ask(slot: string, kind: ReadKind): void {
    askOwner(this.desk, this.no, this.request, slot, kind);
  }

  /** Asks one more stand-in for what it keeps for the owner; false when there is none. */
  #askStandIn(owner: string): boolean {
    const {desk, request} = this;
    if (!request.isSloppy || owner === '') {
      return false;
    }

    this.#cover ??= new Cover(this.#standIns());
    return this.#cover.assign(owner, host => askKept(desk, this.no, request, host)) !== null;
  }

  #standIns(): readonly string[] {
    return this.desk.standIns(this.request.partition);
  }

  /** Hosts that may keep the key in the place of owners. */
  #countStandIns(): number {
    return this.request.isSloppy ? countReachable(this.#standIns(), this.desk) : 0;
  }

  #need(): string {
    const {r} = this.request;
    const more = `a monotonic get needs ${this.#needed}`;
    return this.#needed > r ? `R is ${r} and ${more}` : `R is ${r}`;
  }
}

/**
 * R, or for a monotonic get, so many that whoever is shown something newer can have it written to
 * N-R+1 of them.
 */
function neededBy({verb, isMonotonic, n, r}: Request): number {
  return isMonotonic && verb === 'get' ? Math.max(r, n - r + 1) : r;
}
