/** Binds the effects that partition.machine.ts names: the gate and the vnode behind it. */
import type {ActorRefFrom} from 'xstate';
import {bindVnode, type VnodePorts} from '../vnode/vnode.effects.js';
import type {Gate} from './gate.js';
import {partitionMachine} from './partition.machine.js';

export type PartitionPorts = Omit<VnodePorts, 'onServing' | 'mailbox'> & {
  readonly gate: Gate;
  /** Told whenever the gate has opened or closed. */
  readonly onGate: (partition: number, admits: boolean) => void;
  readonly onCrash: (partition: number, error: string) => void;
};

export function bindPartition(ports: PartitionPorts) {
  const {gate, onGate, onCrash} = ports;
  const {partition} = gate;
  let self: ActorRefFrom<typeof partitionMachine> | null = null;

  const {machine: vnode, seal} = bindVnode(
    {
      ...ports,
      mailbox: gate.mailbox,
      onServing: serving => self?.send({type: serving ? 'partition.serving' : 'partition.resting'}),
    },
    partition,
  );

  const setGate = (open: boolean) => {
    gate.admits = open;
    onGate(partition, open);
  };

  return partitionMachine.provide({
    actors: {vnode},
    actions: {
      begin: args => {
        self = args.self as ActorRefFrom<typeof partitionMachine>;
      },
      seal,
      openGate: () => setGate(true),
      closeGate: () => setGate(false),
      tellCrash: (_, {error}) => onCrash(partition, error),
    },
  });
}
