/**
 * Front: everything between the doors and the coordinator: clients' requests of every kind are
 * checked, and handed to the coordinator or on to a host that can take them.
 */
import {Admission} from '../../src/edge/admission.js';
import {ClientRequests} from '../../src/edge/client-requests.js';
import {serveDiscovery} from '../../src/edge/discovery.js';
import {PlainRequests} from '../../src/edge/plain-requests.js';
import {answerQuestion} from '../../src/edge/questions.js';
import {RequestStats} from '../../src/edge/request-stats.js';
import type {Shedding} from '../../src/edge/shedding.js';
import {Code} from '../../src/errors.js';
import type {Mailbox} from '../../src/mailbox.js';
import type {Message} from '../../src/ports/transport.js';
import type {Subjects} from '../../src/subjects.js';
import {publicTopology, serializeTopology, type Topology} from '../../src/topology/document.js';
import {ownersOf} from '../../src/topology/lookup.js';
import {refusal} from '../coordinator/answers.js';
import type {CoordinatorMail, Request} from '../coordinator/coordinator.messages.js';
import type {Gate} from '../partition/gate.js';
import type {Shared} from './assembly.js';
import {Doors} from './doors.js';
import type {Neighbours} from './neighbours.js';

export type FrontPorts = {
  readonly shared: Shared;
  readonly topology: Topology;
  readonly subjects: Subjects;
  readonly neighbours: Neighbours;
  readonly mailbox: Mailbox<CoordinatorMail>;
  readonly gate: (partition: number) => Gate | undefined;
  readonly shedding: Shedding;
  readonly status: () => unknown;
};

/** Makes the doors, still closed, with all that stands behind them. */
export function makeDoors(ports: FrontPorts): Doors {
  const {shared, topology, subjects, neighbours, shedding} = ports;
  const stats = new RequestStats(shared.counters);
  const common = {
    ...shared,
    subjects,
    stats,
    shedding,
    admission: new Admission(topology, shared.clock),
    epoch: topology.epoch,
    coordinate: (request: Request) => coordinate(ports, request),
  };
  const isLinked = (host: string) => neighbours.isLinked(host);
  const plain = new PlainRequests({
    ...common,
    replicaFor: ({partition, n}) => ownersOf(topology, partition, n).find(isLinked) ?? null,
    isReachable: partition => ownersOf(topology, partition).some(isLinked),
  });
  const client = new ClientRequests({
    ...common,
    ask: (question, parameter) =>
      answerQuestion({...shared, ...shared.config, status: ports.status}, question, parameter),
  });
  return new Doors(shared.transport, subjects, shared.config.id, {
    onPlain: message => plain.onMessage(message),
    onAddressed: message => plain.onMessage(message, true),
    onClient: message => client.onMessage(message),
    onInfo: infoHandler(ports),
    discover: () => [
      ...serveDiscovery({...common, ...shared.config, host: shared.config.id}),
      shedding.start(),
    ],
  });
}

/** False when the request is for another host. */
function coordinate({shared, mailbox, gate: gateOf}: FrontPorts, request: Request): boolean {
  const gate = gateOf(request.partition);
  // A bucket with fewer copies than the cluster's n has owners that keep none: they must not be
  // counted.
  const slot = gate?.owners.indexOf(shared.config.id) ?? -1;
  if (gate?.admits !== true || slot < 0 || slot >= request.n) {
    return false;
  }

  if (!mailbox.post(request)) {
    const text = 'this host has all the requests it can hold; nothing was applied; retry elsewhere';
    request.answer(refusal(Code.overloaded, text, request.n));
  }

  return true;
}

function infoHandler({shared, topology, subjects}: FrontPorts): (message: Message) => void {
  const info = Buffer.from(serializeTopology(publicTopology(topology)));
  return message => {
    if (subjects.isReplyAllowed(message.reply)) {
      shared.transport.publish(message.reply, info);
    } else {
      shared.counters.add('requests_dropped_reply_not_allowed');
    }
  };
}
