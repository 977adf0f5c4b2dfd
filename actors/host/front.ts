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
import {ownersOf, standInsOf} from '../../src/topology/lookup.js';
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
  /** Whether all of these hosts are gone, for as much as this one can tell. */
  readonly areGone: (owners: readonly string[]) => boolean;
  readonly shedding: Shedding;
  readonly status: () => unknown;
  readonly hints: () => unknown;
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
    replicaFor: ({partition, n, isSloppy}) =>
      ownersOf(topology, partition, n).find(isLinked) ??
      (isSloppy ? standInsOf(topology, partition).find(isLinked) : null) ??
      null,
    isReachable: partition => ownersOf(topology, partition).some(isLinked),
  });
  const client = new ClientRequests({
    ...common,
    ask: (question, parameter) =>
      answerQuestion(
        {...shared, ...shared.config, status: ports.status, hints: ports.hints},
        question,
        parameter,
      ),
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
function coordinate(ports: FrontPorts, request: Request): boolean {
  const {shared, topology, mailbox, gate: gateOf, areGone} = ports;
  const {partition, n} = request;
  const gate = gateOf(partition);
  // A bucket with fewer copies than the cluster's n has owners that keep none: they must not be
  // counted.
  const slot = gate?.owners.indexOf(shared.config.id) ?? -1;
  const isOwner = gate !== undefined && slot >= 0 && slot < n;
  const mayTake = isOwner
    ? gate.admits
    : gate === undefined && areGone(ownersOf(topology, partition, n));
  if (!mayTake) {
    return false;
  }

  if (!isOwner && !request.isSloppy) {
    const text = "none of the key's owners can be reached, and its bucket counts no stand-ins";
    request.answer(refusal(Code.unavailable, `${text}; nothing was applied; retry later`, n));
    return true;
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
