/**
 * The witness sees all that hosts send, hear and commit, keeps the books, and has every step judged
 * as it happens. What only the end can show is judged by judgement.ts.
 */
import {openContext} from '../causality/context.js';
import type {StoredObject} from '../causality/object.js';
import {covers, dominates, mergeVectors, type VersionVector} from '../causality/version-vector.js';
import {splitName} from '../keys.js';
import type {WriteOperation} from '../ports/storage.js';
import type {Message, PublishOptions} from '../ports/transport.js';
import {partitionOf} from '../ring/partition.js';
import {policyOf} from '../topology/lookup.js';
import type {BucketPolicy} from '../topology/policy.js';
import {decodeHostFrame} from '../wire/host-frames.js';
import {type HostItem, isHostItem, ITEM} from '../wire/host-items.js';
import {decodeObject} from '../wire/object-codec.js';
import {checkDots} from './checkers/dots.js';
import {named} from './checkers/named.js';
import {checkPurged} from './checkers/purges.js';
import {checkRetries} from './checkers/retries.js';
import {checkDeaths, type SupersessionRules} from './checkers/supersession.js';
import type {SimCluster} from './cluster.js';
import {Forgetting} from './forgetting.js';
import type {Claim, History, Operation} from './history.js';
import {Holdings} from './holdings.js';
import {Judge} from './judge.js';
import {Ledger, type Sighting} from './ledger.js';
import {Losses} from './losses.js';
import {readHint, readObject} from './records.js';
import {headerOf, INBOX, readReplies} from './reply.js';

export type WitnessOptions = {
  /** Wall clocks stay so close that no id is forgotten before its retry window ends. */
  readonly areRetriesKnown: boolean;
};

export class Witness {
  readonly ledger: Ledger;
  readonly losses: Losses;
  readonly judge: Judge;
  readonly holdings: Holdings;
  readonly forgetting: Forgetting;
  /** Objects that hosts have sent or begun to commit. */
  moved = 0;
  readonly #secret: Uint8Array;
  readonly #rules: SupersessionRules;

  /** By host and partition: when its vnode last crashed. */
  readonly #crashedAtMs = new Map<string, number>();
  /** Hosts that have yet to learn that a commit failed. */
  readonly #failed = new Set<string>();

  constructor(
    private readonly cluster: SimCluster,
    private readonly history: History,
    private readonly blame: (violation: string) => void,
    private readonly options: WitnessOptions = {areRetriesKnown: true},
  ) {
    this.ledger = new Ledger(history);
    this.holdings = new Holdings(cluster);
    this.losses = new Losses(cluster, this.holdings, (...asked) => this.isIn(...asked));
    this.judge = new Judge(this, history);
    this.forgetting = new Forgetting(cluster, this.ledger, blame);
    this.#secret = Buffer.from(cluster.topology.cluster.secret, 'base64url');
    this.#rules = this.#rulesOf(history);
  }

  #rulesOf({operations}: History): SupersessionRules {
    const writesOf = (name: string) =>
      operations.filter(one => one.verb !== 'get' && one.name === name);
    return {
      ledger: this.ledger,
      isLww: name => this.isLww(name),
      openContext: (name, token) => this.vectorOf(name, token),
      namelessDeletes: name => writesOf(name).filter(one => one.verb === 'del' && one.id === ''),
      neverSeen: name => writesOf(name).filter(one => this.ledger.ofOperation(one).length === 0),
    };
  }

  isLww(name: string): boolean {
    return this.policyOf(name).conflicts === 'lww';
  }

  policyOf(name: string): BucketPolicy {
    return policyOf(this.cluster.topology, splitName(name).bucket);
  }

  /** Of a context that a host gave out; null for anything else. */
  vectorOf(name: string, token: string): VersionVector | null {
    const clusterId = this.cluster.topology.cluster.id;
    return openContext(token, {clusterId, secret: this.#secret, name})?.vector ?? null;
  }

  /** A host's process begins with what its disk holds. */
  starting(host: string): void {
    this.ledger.forget(host);
    this.#holdDisk(host);
  }

  /** Whether an object has seen a write, which may be known by what its copies had seen alone. */
  isIn(object: StoredObject | null, operation: Operation, vector: VersionVector | null): boolean {
    if (object === null) {
      return false;
    }

    const births = this.ledger.ofOperation(operation);
    return births.length === 0 && vector !== null
      ? dominates(mergeVectors(object.vector, this.ledger.forgotten(operation.name)), vector)
      : births.some(({dot, isPurged}) => isPurged || covers(object.vector, dot));
  }

  /** A host's process has ended. */
  down(host: string): void {
    this.losses.down(host);
    this.#failed.delete(host);
  }

  /**
   * Everything that was not on disk has failed with it. The host learns it a little later, when it
   * has looked what is on disk: at the latest before its next commit.
   */
  commitFailed(host: string): void {
    this.#failed.add(host);
  }

  /**
   * What the store was given outlives the vnode. Only what it let out in the turn of its crash, and
   * had not handed over yet, is on no disk of its own: that leaves at the end of the turn, and
   * counts as held only if a commit with it follows.
   */
  vnodeCrashed(host: string, partition: number): void {
    this.#crashedAtMs.set(`${host} ${partition}`, this.cluster.clock.nowMs());
  }

  committing(host: string, operations: readonly WriteOperation[]): void {
    if (this.#failed.delete(host)) {
      this.ledger.forgetOwn(host);
      this.#holdDisk(host);
    }

    for (const {key, value} of operations) {
      const record = value === null ? null : (readObject({key, value}) ?? readHint({key, value}));
      if (value === null) {
        this.forgetting.removing(host, key);
      } else if (record !== null) {
        this.forgetting.replacing(host, key, record.object);
        this.#letOut(host, record.name, record.object, true);
        this.moved += 1;
      }
    }
  }

  sent(host: string, subject: string, payload: Uint8Array, options: PublishOptions): void {
    if (subject.startsWith(INBOX)) {
      for (const {attemptNo, told} of readReplies(subject, payload, headerOf(options))) {
        this.#claimed(attemptNo, {...told, host, atMs: this.cluster.clock.nowMs()});
      }

      return;
    }

    for (const item of itemsOf(payload)) {
      if (item[0] === ITEM.merge || item[0] === ITEM.keep) {
        const name = item[4];
        const sighting = this.#letOut(
          host,
          name,
          decodeObject(item[5]),
          !this.#hasJustCrashed(host, name),
        );
        this.moved += 1;
        if (this.options.areRetriesKnown) {
          this.#blameAll(
            named('retries', checkRetries(sighting, this.holdings.written(host, name))),
          );
        }
      }
    }
  }

  heard(host: string, {subject, payload}: Message): void {
    const {subjects} = this.cluster;
    if (![subjects.lane(host, 'data'), subjects.bulk(host)].includes(subject)) {
      return;
    }

    for (const item of itemsOf(payload)) {
      const isObject = item[0] === ITEM.merge || item[0] === ITEM.keep;
      const bytes = isObject ? item[5] : item[0] === ITEM.found ? item[4] : null;
      if (bytes !== null) {
        this.ledger.show(host, '', decodeObject(bytes));
      }
    }
  }

  #holdDisk(host: string): void {
    for (const entry of this.cluster.host(host).disk.entries()) {
      const record = readObject(entry) ?? readHint(entry);
      if (record !== null) {
        this.ledger.hold(host, record.name, record.object);
      }
    }
  }

  #letOut(host: string, name: string, object: StoredObject, isHeld: boolean): Sighting {
    const sighting = this.ledger.observe(host, name, object);
    if (isHeld) {
      this.ledger.hold(host, name, object);
    }

    this.#blameAll([
      ...named('dots', checkDots(sighting)),
      ...named('supersession', checkDeaths(sighting, this.#rules)),
      ...named('purges', checkPurged(host, name, object, this.ledger)),
    ]);
    return sighting;
  }

  #hasJustCrashed(host: string, name: string): boolean {
    const partition = partitionOf(name, this.cluster.topology.partitions);
    return this.#crashedAtMs.get(`${host} ${partition}`) === this.cluster.clock.nowMs();
  }

  #claimed(attemptNo: number, claim: Claim): void {
    const attempt = this.history.attempts[attemptNo];
    if (attempt === undefined) {
      this.blame(`${claim.host} answered attempt ${attemptNo}, which nobody made`);
      return;
    }

    attempt.claims.push(claim);
    this.#blameAll(this.judge.judge(attempt, claim));
  }

  /** What a host has of the key as safely as its durability says. */
  durable(host: string, name: string): StoredObject | null {
    return this.holdings.durable(host, name);
  }

  #blameAll(violations: readonly string[]): void {
    violations.forEach(this.blame);
  }
}

function itemsOf(payload: Uint8Array): HostItem[] {
  return (decodeHostFrame(payload)?.items ?? []).filter(isHostItem);
}
