/**
 * Hint service: the hints of a host and their deliveries, put together: one delivery for each host
 * of the cluster, this one included, since it may have become an owner of what it kept.
 */
import {Code} from '../../../src/errors.js';
import {ITEM} from '../../../src/wire/host-items.js';
import type {KeptTold} from '../../../src/wire/purge-questions.js';
import type {Held} from '../../../src/store/held.js';
import {ownersOf} from '../../../src/topology/lookup.js';
import {bindDelivery, type DeliveryReport} from '../../delivery/delivery.effects.js';
import type {Place} from '../../hints/hint-index.js';
import {bindHints} from '../../hints/hints.effects.js';
import type {HintDesk} from '../../hints/hints.messages.js';
import type {MadeActor} from '../host.messages.js';
import type {Parts, Service} from './service.js';

/** The answer to the question `hints`. */
export type HintsReport = {
  readonly isKeeping: boolean;
  readonly count: number;
  readonly bytes: number;
  readonly bytesMax: number;
  readonly oldestAgeMs: number | null;
  /** Older than they should be. */
  readonly isAlarmed: boolean;
  /** Of the hosts that lack something. */
  readonly targets: readonly TargetReport[];
};

export type TargetReport = DeliveryReport & {
  /** Of the delivery: waiting, delivering, backingOff. */
  readonly state: string;
};

/** How often a delivery looks whether there is something to do. */
const LOOK_EVERY_MS = 250;
const CHECK_AGE_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;

export class HintService implements Service {
  readonly #hints: ReturnType<typeof bindHints>;
  readonly #places: readonly Place[];
  readonly #deliveries = new Map<string, ReturnType<typeof bindDelivery>>();

  constructor(private readonly parts: Parts) {
    const {shared, topology, neighbours} = parts;
    const {config} = shared;
    this.#places = Array.from({length: topology.partitions}, (_, partition) => ({
      epoch: topology.partitionEpochs[partition] ?? 0,
      owners: ownersOf(topology, partition),
    }));
    this.#hints = bindHints({
      ...shared,
      self: config.id,
      mailboxMax: config.mailboxMax,
      config: config.hints,
      placeOf: partition => this.#places[partition],
      onKeeping: shared.progress,
    });
    const {gate} = this.#hints;
    for (const kind of [ITEM.keep, ITEM.readKept]) {
      neighbours.takers.set(kind, (_peer, item, answer) => gate.take(item, answer));
    }

    for (const {id} of topology.hosts) {
      this.#deliveries.set(id, this.#bindDelivery(id));
    }
  }

  /** Where hints are handed in. */
  get desk(): HintDesk {
    return this.#hints.gate;
  }

  get isReady(): boolean {
    return this.#hints.effects.isKeeping;
  }

  get children(): string[] {
    return ['hints', ...[...this.#deliveries.keys()].map(target => `delivery.${target}`)];
  }

  make(child: string): MadeActor {
    const [, target = ''] = child.split('.');
    const delivery = this.#deliveries.get(target);
    return delivery === undefined
      ? {logic: this.#hints.machine, input: {checkEveryMs: CHECK_AGE_EVERY_MS}}
      : {logic: delivery.machine, input: {target, lookEveryMs: LOOK_EVERY_MS}};
  }

  /** Whether something that the host has missed lies here. */
  hasHintsFor(target: string): boolean {
    return this.#hints.effects.keeper.index.lacking(target).size > 0;
  }

  /** For which of these partitions something is kept; null while that is not known. */
  keptFor(partitions: readonly number[]): KeptTold | null {
    return this.#hints.effects.keptFor(partitions);
  }

  depthOf(child: string): number {
    const [kind, target = ''] = child.split('.');
    return kind === 'hints'
      ? this.#hints.effects.mailbox.depth
      : (this.#deliveries.get(target)?.underWay() ?? 0);
  }

  close(): void {
    const {child} = this.parts.shared;
    child('hints')?.send({type: 'hints.close'});
    for (const target of this.#deliveries.keys()) {
      child(`delivery.${target}`)?.send({type: 'delivery.close'});
    }
  }

  report(): HintsReport {
    const {effects} = this.#hints;
    const {index} = effects.keeper;
    return {
      isKeeping: effects.isKeeping,
      count: index.count,
      bytes: index.bytes,
      bytesMax: index.bytesMax,
      oldestAgeMs: effects.oldestAgeMs(),
      isAlarmed: effects.isAlarmed,
      targets: [...this.#deliveries]
        .filter(([target]) => index.lacking(target).size > 0)
        .map(([target, delivery]) => ({...delivery.report(), state: this.#stateOf(target)})),
    };
  }

  status(): {readonly hints: Pick<HintsReport, 'count' | 'bytes' | 'oldestAgeMs' | 'isAlarmed'>} {
    const {effects} = this.#hints;
    const {count, bytes} = effects.keeper.index;
    const {isAlarmed} = effects;
    return {hints: {count, bytes, oldestAgeMs: effects.oldestAgeMs(), isAlarmed}};
  }

  #stateOf(target: string): string {
    const snapshot = this.parts.shared.child(`delivery.${target}`)?.getSnapshot() as
      | {readonly status: string; readonly value: unknown}
      | undefined;
    const isAtWork = snapshot?.status === 'active' && typeof snapshot.value === 'string';
    return isAtWork ? snapshot.value : 'crashed';
  }

  #bindDelivery(target: string) {
    const {shared, neighbours} = this.parts;
    const {config, liveness} = shared;
    const isSelf = target === config.id;
    return bindDelivery({
      ...shared,
      target,
      hints: this.#hints.effects,
      isThere: () => isSelf || (neighbours.isLinked(target) && liveness.stateOf(target) !== 'down'),
      merge: isSelf
        ? (partition, held, done) => this.#mergeHere(partition, held, done)
        : (partition, held, done) => this.#mergeThere(target, partition, held, done),
    });
  }

  #mergeThere(target: string, partition: number, held: Held, done: (code: number) => void): void {
    const {name, bytes} = held;
    const epoch = this.#places[partition]?.epoch ?? 0;
    this.parts.neighbours.errands.ask(
      target,
      no => [ITEM.merge, no, partition, epoch, name, bytes],
      ANSWER_WITHIN_MS,
      answer => done(answer?.[0] === ITEM.merged ? answer[2] : Code.unavailable),
    );
  }

  #mergeHere(partition: number, {name, bytes}: Held, done: (code: number) => void): void {
    const gate = this.parts.gates.get(partition);
    const ended = (rejection: {readonly code: number} | null) => done(rejection?.code ?? Code.ok);
    const rejection = gate?.post({kind: 'merge', name, bytes, done: ended}, gate.epoch);
    if (gate === undefined || (rejection !== null && rejection !== undefined)) {
      this.parts.shared.clock.endOfTurn(() => done(rejection?.code ?? Code.unavailable));
    }
  }
}
