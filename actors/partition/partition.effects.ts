/** Binds the effects that partition.machine.ts names: the gate and the vnode behind it. */
import type {ActorRefFrom} from 'xstate';
import type {Forest} from '../../src/merkle/forest.js';
import {bindVnode, type VnodePorts} from '../vnode/vnode.effects.js';
import type {VnodePhase} from '../vnode/vnode.messages.js';
import type {Gate} from './gate.js';
import {partitionMachine} from './partition.machine.js';

export type PartitionPorts = Omit<VnodePorts, 'onPhase' | 'mailbox'> & {
  readonly gate: Gate;
  /** Told whenever the gate has opened or closed, for merges alone or for all. */
  readonly onGate: (gate: Gate) => void;
  readonly onCrash: (partition: number, error: string) => void;
};

export function bindPartition(ports: PartitionPorts) {
  const {gate, onGate, onCrash} = ports;
  const {partition} = gate;
  let self: ActorRefFrom<typeof partitionMachine> | null = null;
  let phase: VnodePhase = 'closed';
  let trees: Forest | null = null;

  const {machine: vnode, seal} = bindVnode(
    {
      ...ports,
      mailbox: gate.mailbox,
      onPhase: (now, open) => {
        phase = now;
        trees = open;
        self?.send({type: `partition.${now}`});
      },
    },
    partition,
  );

  const setGate = () => {
    gate.set(phase, trees);
    onGate(gate);
  };

  return partitionMachine.provide({
    actors: {vnode},
    actions: {
      begin: args => {
        self = args.self as ActorRefFrom<typeof partitionMachine>;
      },
      seal,
      openGate: () => setGate(),
      closeGate: () => {
        gate.set('closed', null);
        onGate(gate);
      },
      tellCrash: (_, {error}) => onCrash(partition, error),
    },
  });
}
