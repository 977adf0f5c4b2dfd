/**
 * Partitions: those that this host owns, an actor each, with the gate that operations pass to its
 * vnode.
 *
 * Invariants:
 *   1. A gate outlives the crashes of its partition: what waits in its mailbox is not lost.
 *   2. A vnode continues the incarnation on the disk only under the first actor of its partition:
 *      what a crashed one had let out is not known.
 */
import {Mailbox} from '../../../src/mailbox.js';
import type {Topology} from '../../../src/topology/document.js';
import {copiesOf, ownersOf, partitionsOf} from '../../../src/topology/lookup.js';
import {Gate} from '../../partition/gate.js';
import {bindPartition} from '../../partition/partition.effects.js';
import type {PartitionInput} from '../../partition/partition.messages.js';
import type {VnodeOperation} from '../../vnode/vnode.messages.js';
import type {MadeActor} from '../host.messages.js';
import type {Shared} from '../shared.js';
import {required, type Service} from './service.js';

export type PartitionsParts = {
  readonly shared: Shared;
  readonly topology: Topology;
  /** A gate has opened or closed. */
  readonly changed: (gate: Gate) => void;
};

export class Partitions implements Service {
  readonly gates: ReadonlyMap<number, Gate>;
  /** Children that were made before. */
  readonly #started = new Set<string>();

  constructor(private readonly parts: PartitionsParts) {
    const {shared, topology} = parts;
    const {config, clock} = shared;
    const gates = partitionsOf(topology, config.id).map(partition => {
      const epoch = topology.partitionEpochs[partition] ?? 0;
      const mailbox = new Mailbox<VnodeOperation>(clock, config.mailboxMax);
      return new Gate(partition, epoch, ownersOf(topology, partition), mailbox);
    });
    this.gates = new Map(gates.map(gate => [gate.partition, gate]));
  }

  get children(): string[] {
    return [...this.gates.keys()].map(partition => `partition.${partition}`);
  }

  get isReady(): boolean {
    return [...this.gates.values()].every(gate => gate.admits);
  }

  make(child: string): MadeActor {
    const {shared, topology, changed} = this.parts;
    const gate = required(this.#gate(child), child);
    const vnode = `${child}/vnode`;
    const logic = bindPartition({
      ...shared,
      copiesOf: name => copiesOf(topology, name),
      gate,
      onGate: changed,
      onCrash: (_partition, error) => shared.emit('crash', {actor: vnode, error}),
      onStalled: error => shared.emit('stalled', {actor: vnode, error}),
    });
    const input: PartitionInput = {
      partition: gate.partition,
      mayContinue: shared.mayContinue() && !this.#started.has(child),
      restartPolicy: shared.config.restartPolicy,
      nowMs: () => shared.clock.nowMs(),
    };
    this.#started.add(child);
    return {logic, input};
  }

  depthOf(child: string): number {
    return this.#gate(child)?.mailbox.depth ?? 0;
  }

  status() {
    const gates = [...this.gates.values()];
    return {
      partitionsOwned: gates.length,
      partitionsServing: gates.filter(gate => gate.admits).length,
      partitionsJoining: gates.filter(gate => gate.isJoining).length,
    };
  }

  close(): void {
    for (const child of this.children) {
      this.parts.shared.child(child)?.send({type: 'partition.close'});
    }
  }

  #gate(child: string): Gate | undefined {
    const [, partition] = child.split('.');
    return this.gates.get(Number(partition));
  }
}
