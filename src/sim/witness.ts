/**
 * The witness sees all that hosts send, hear and commit, keeps the books, and has every step judged
 * as it happens. What only the end can show is judged by judgement.ts.
 */
import {openContext} from '../causality/context.js';
import type {StoredObject} from '../causality/object.js';
import {EMPTY_VECTOR, type VersionVector} from '../causality/version-vector.js';
import {splitName} from '../keys.js';
import type {WriteOperation} from '../ports/storage.js';
import type {Message, PublishOptions} from '../ports/transport.js';
import {partitionOf} from '../ring/partition.js';
import {ownersOf, policyOf} from '../topology/lookup.js';
import {decodeHostFrame} from '../wire/host-frames.js';
import {type HostItem, isHostItem, ITEM} from '../wire/host-items.js';
import {decodeObject} from '../wire/object-codec.js';
import {checkDots} from './checkers/dots.js';
import {checkWriteClaim} from './checkers/outcomes.js';
import {checkRead} from './checkers/reads.js';
import {checkDeaths, type SupersessionRules} from './checkers/supersession.js';
import type {SimCluster} from './cluster.js';
import type {Attempt, Claim, History, Operation} from './history.js';
import {Ledger} from './ledger.js';
import {durableHint, durableObject, readHint, readObject} from './records.js';
import {headerOf, INBOX, readReplies} from './reply.js';

export class Witness {
  readonly ledger: Ledger;
  readonly #secret: Uint8Array;
  readonly #rules: SupersessionRules;

  /** By host and partition: when its vnode last crashed. */
  readonly #crashedAtMs = new Map<string, number>();

  constructor(
    private readonly cluster: SimCluster,
    private readonly history: History,
    private readonly blame: (violation: string) => void,
  ) {
    this.ledger = new Ledger(history);
    this.#secret = Buffer.from(cluster.topology.cluster.secret, 'base64url');
    this.#rules = {
      ledger: this.ledger,
      isLww: name => this.isLww(name),
      openContext: (name, token) => this.vectorOf(name, token),
      namelessDeletes: name =>
        history.operations.filter(one => one.verb === 'del' && one.id === '' && one.name === name),
    };
  }

  isLww(name: string): boolean {
    return policyOf(this.cluster.topology, splitName(name).bucket).conflicts === 'lww';
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

  /** Everything that was not on disk has failed with it. */
  commitFailed(host: string): void {
    this.ledger.forgetOwn(host);
    this.#holdDisk(host);
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
    for (const {key, value} of operations) {
      const record = value === null ? null : (readObject({key, value}) ?? readHint({key, value}));
      if (record !== null) {
        this.#letOut(host, record.name, record.object, true);
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
        this.#letOut(host, name, decodeObject(item[5]), !this.#hasJustCrashed(host, name));
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

  #letOut(host: string, name: string, object: StoredObject, isHeld: boolean): void {
    const sighting = this.ledger.observe(host, name, object);
    if (isHeld) {
      this.ledger.hold(host, name, object);
    }

    this.#blameAll([...checkDots(sighting), ...checkDeaths(sighting, this.#rules)]);
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
    this.#blameAll(this.#judge(attempt, claim));
  }

  #judge(attempt: Attempt, claim: Claim): string[] {
    const {operation} = attempt;
    const vector = this.vectorOf(operation.name, claim.context);
    if (operation.verb !== 'get') {
      const durable = this.#durable(operation, claim);
      return checkWriteClaim(operation, claim, {ledger: this.ledger, vector, durable});
    }

    if (claim.code !== 200 && claim.code !== 404) {
      return [];
    }

    return checkRead(attempt, claim, {
      ledger: this.ledger,
      operations: this.history.operations,
      vector: vector ?? EMPTY_VECTOR,
      durable: this.#durable(operation, claim).filter(own => own !== null),
      writerOf: value => this.history.writerOf(value),
      isLww: this.isLww(operation.name),
    });
  }

  /**
   * What the key's replicas have of it where no power cut takes it, and what stand-ins keep, for a
   * claim that counted some.
   */
  #durable({name}: Operation, {outcome}: Claim): Array<VersionVector | null> {
    const replicas = this.replicasOf(name);
    const held = replicas.map(host => this.durable(host, name)?.vector ?? null);
    const partition = partitionOf(name, this.cluster.topology.partitions);
    const kept = this.cluster.hosts
      .filter(({id}) => outcome === 'sloppy' && !replicas.includes(id))
      .map(({disk}) => durableHint(disk, partition, name)?.vector ?? null);
    return [...held, ...kept];
  }

  replicasOf(name: string): readonly string[] {
    const {topology} = this.cluster;
    const {n} = policyOf(topology, splitName(name).bucket);
    return ownersOf(topology, partitionOf(name, topology.partitions), n);
  }

  durable(host: string, name: string): StoredObject | null {
    const partition = partitionOf(name, this.cluster.topology.partitions);
    return durableObject(this.cluster.host(host).disk, partition, name);
  }

  #blameAll(violations: readonly string[]): void {
    violations.forEach(this.blame);
  }
}

function itemsOf(payload: Uint8Array): HostItem[] {
  return (decodeHostFrame(payload)?.items ?? []).filter(isHostItem);
}
