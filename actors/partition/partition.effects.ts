/** Binds the effects that partition.machine.ts names: the gate, the queue group of its owners, its vnode. */
import type {ActorRefFrom} from 'xstate';
import type {Message, Subscription, Transport} from '../../src/ports/transport.js';
import {partitionQueue, type Subjects} from '../../src/subjects.js';
import {bindVnode, type VnodePorts} from '../vnode/vnode.effects.js';
import type {Gate} from './gate.js';
import {partitionMachine} from './partition.machine.js';

export type PartitionPorts = Omit<VnodePorts, 'onServing' | 'mailbox'> & {
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly gate: Gate;
  /** A plain client's request that the broker has routed to this partition. */
  readonly onRequest: (message: Message) => void;
  readonly onServing: (partition: number, serving: boolean) => void;
  readonly onCrash: (partition: number, error: string) => void;
};

export function bindPartition(ports: PartitionPorts) {
  const {gate, transport, subjects, onRequest, onServing, onCrash} = ports;
  const {partition} = gate;
  let self: ActorRefFrom<typeof partitionMachine> | null = null;
  let subscription: Subscription | null = null;

  const vnode = bindVnode(
    {
      ...ports,
      mailbox: gate.mailbox,
      onServing: serving =>
        self?.send({type: serving ? 'partition.serving' : 'partition.resting'}),
    },
    partition,
  );

  const setGate = (open: boolean) => {
    gate.admits = open;
    subscription?.unsubscribe();
    subscription = open
      ? transport.subscribe(
          subjects.allOfPartition(partition),
          {queue: partitionQueue(partition)},
          onRequest,
        )
      : null;
    onServing(partition, open);
  };

  return partitionMachine.provide({
    actors: {vnode},
    actions: {
      begin: args => {
        self = args.self as ActorRefFrom<typeof partitionMachine>;
      },
      openGate: () => setGate(true),
      closeGate: () => setGate(false),
      tellCrash: (_, {error}) => onCrash(partition, error),
    },
  });
}
