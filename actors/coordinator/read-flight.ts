/**
 * A quorum read: asks this host's vnode for the object and R-1 other owners for its hash, and
 * merges what R of them hold. Copies are nearly always equal, so that one of them suffices; whoever
 * has another one is asked for it. One more owner is asked when somebody refuses or is slow.
 *
 * Invariants:
 *   1. It is met by R slots that answered from durable state, never by a refusal or an error (T42).
 *   2. A hash counts only beside an object that was read and has that hash.
 *   3. Whoever is found to hold less gets the merged object, with its original dots, as a merge
 *      (T32).
 */
import {mergeObjects, sameWrites} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {Code} from '../../src/errors.js';
import {NO_HASH, objectHash, type Hash64} from '../../src/merkle/object-hash.js';
import {Tally} from '../../src/quorum/tally.js';
import {ITEM} from '../../src/wire/host-items.js';
import {encodeObject} from '../../src/wire/object-codec.js';
import type {Answer, Reply, Request} from './coordinator.messages.js';
import {countReachable, replyOk, replyRejected, type Desk, type Flight} from './flight.js';
import {failure} from './answers.js';

/** After this long without a quorum one more owner is asked (speculative retry). */
export const SPECULATE_AFTER_MS = 20;

type Response = {readonly slot: string; readonly object: StoredObject | null};
type Digest = {readonly slot: string; readonly hash: Hash64};

export class ReadFlight implements Flight {
  readonly tally: Tally;
  readonly #untried: string[];
  readonly #responses: Response[] = [];
  /** Hashes that no object has been compared with yet. */
  #digests: Digest[] = [];
  #speculateAtMs: number;
  #merged: StoredObject | null = null;

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
    this.tally = new Tally(request.r, owners);
    this.#untried = inOrder(owners, no, desk);
    this.#speculateAtMs = desk.nowMs() + SPECULATE_AFTER_MS;
  }

  start(): void {
    const reachable = countReachable(this.owners, this.desk);
    if (reachable < this.request.r) {
      const seen = `${reachable} of the key's owners can be reached, R is ${this.request.r}`;
      this.#fail(Code.unavailable, `${seen}: retry later or with a lower R`);
      return;
    }

    for (let asked = 0; asked < this.request.r; asked += 1) {
      this.#askNext(ITEM.digest);
    }
  }

  onReply({slot, code, text, object, digest, lost}: Reply): void {
    if (lost && this.#untried.includes(slot)) {
      // It was never asked, and may be linked again before its turn comes.
      return;
    }

    if (code !== Code.ok) {
      this.#refused(lost ? this.tally.lose(slot) : this.tally.refuse(slot), text);
    } else if (digest === null) {
      this.#answered(slot, object);
    } else if (this.#responses.length === 0) {
      this.#digests.push({slot, hash: digest});
    } else {
      this.#compare({slot, hash: digest});
    }
  }

  finish(answer: Answer): void {
    this.desk.end(this, answer);
  }

  onTick(nowMs: number): void {
    if (nowMs >= this.request.deadlineMs) {
      const seen = `${this.tally.acks} of ${this.request.r} owners answered in time`;
      this.#fail(Code.unknownOutcome, `${seen}: retry, or lower R`);
    } else if (nowMs >= this.#speculateAtMs) {
      this.#speculateAtMs = nowMs + SPECULATE_AFTER_MS;
      this.#fetchDigested();
      this.#askNext(ITEM.read);
    }
  }

  #answered(slot: string, object: StoredObject | null): void {
    if (!this.tally.ack(slot)) {
      return;
    }

    this.#responses.push({slot, object});
    this.#merged = merge(this.#merged, object);
    if (this.tally.verdict === 'met') {
      this.#repair();
      this.onQuorum(this, this.#merged);
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
    const equal = this.#responses.find(({object}) => hasHash(this.request.name, object, hash));
    if (equal === undefined) {
      this.#ask(slot, ITEM.read);
    } else {
      this.#answered(slot, equal.object);
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

  #refused(counted: boolean, why: string): void {
    if (!counted) {
      return;
    }

    if (this.tally.verdict === 'impossible') {
      const seen = `only ${this.tally.acks} of the ${this.request.r} owners needed could answer`;
      this.#fail(Code.unavailable, `${seen} (${why}): retry later or with a lower R`);
    } else {
      this.#fetchDigested();
      this.#askNext(ITEM.read);
    }
  }

  /** A delete that only got as far as reading says so. */
  #fail(code: Code, why: string): void {
    const text = this.request.verb === 'del' ? `${why}; nothing was applied` : why;
    this.desk.end(this, failure(code, text, this.tally, this.request));
  }

  #askNext(kind: typeof ITEM.read | typeof ITEM.digest): void {
    const slot = this.#untried.shift();
    if (slot !== undefined) {
      this.#ask(slot, kind);
    }
  }

  #ask(slot: string, kind: typeof ITEM.read | typeof ITEM.digest): void {
    const {no, desk, request} = this;
    const gate = desk.gate(request.partition);
    if (gate === undefined) {
      desk.reply(replyRejected(no, slot, {code: Code.unavailable, text: 'not an owner'}));
    } else if (slot !== desk.self) {
      if (!desk.send(slot, [kind, no, request.partition, gate.epoch, request.name])) {
        desk.reply(
          replyRejected(no, slot, {code: Code.unavailable, text: `${slot} is not reachable`}),
        );
      }
    } else {
      const rejection = gate.post(
        {
          kind: 'read',
          name: request.name,
          done: answer =>
            desk.reply(
              answer !== null && 'code' in answer
                ? replyRejected(no, slot, answer)
                : replyOk(no, slot, answer?.object ?? null),
            ),
        },
        gate.epoch,
      );
      if (rejection !== null) {
        desk.reply(replyRejected(no, slot, rejection));
      }
    }
  }

  #repair(): void {
    const merged = this.#merged;
    if (merged === null || this.#responses.every(({object}) => object === merged)) {
      return;
    }

    const stale = this.#responses.filter(({object}) => !holds(object, merged));
    if (stale.length > 0) {
      const slots = stale.map(({slot}) => slot);
      this.desk.repair(this.request, encodeObject(merged), slots);
    }
  }
}

/**
 * Itself first, then the others from one that changes with each request, which spreads second
 * reads; those that cannot be reached come last.
 */
function inOrder(owners: readonly string[], no: number, desk: Desk): string[] {
  const linked = [desk.self];
  const others: string[] = [];
  const own = owners.indexOf(desk.self);
  const peers = owners.length - 1;
  for (let i = 0; i < peers; i += 1) {
    const owner = owners[(own + 1 + ((no + i) % peers)) % owners.length] as string;
    (desk.isLinked(owner) ? linked : others).push(owner);
  }

  return others.length === 0 ? linked : [...linked, ...others];
}

function hasHash(name: string, object: StoredObject | null, {hi, lo}: Hash64): boolean {
  const own = object === null ? NO_HASH : objectHash(name, object);
  return own.hi === hi && own.lo === lo;
}

function merge(a: StoredObject | null, b: StoredObject | null): StoredObject | null {
  return a === null || b === null ? (a ?? b) : mergeObjects(a, b);
}

function holds(object: StoredObject | null, merged: StoredObject): boolean {
  return object !== null && sameWrites(object, merged);
}
