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
import {Shedding} from '../../src/edge/shedding.js';
import {Code} from '../../src/errors.js';
import type {Mailbox} from '../../src/mailbox.js';
import type {Message} from '../../src/ports/transport.js';
import type {Subjects} from '../../src/subjects.js';
import {publicTopology, serializeTopology, type Topology} from '../../src/topology/document.js';
import {ownersOf, standInsOf} from '../../src/topology/lookup.js';
import {refusal} from '../coordinator/answers.js';
import type {CoordinatorMail, Request} from '../coordinator/coordinator.messages.js';
import type {Gate} from '../partition/gate.js';
import type {RepairReport, RepairScope} from '../repair/report.js';
import {Doors} from './doors.js';
import type {Neighbours} from './services/neighbours.js';
import type {Shared} from './shared.js';
import {fillVacancies, Vacancies} from './vacancies.js';

export type FrontPorts = {
  readonly shared: Shared;
  readonly topology: Topology;
  readonly subjects: Subjects;
  readonly neighbours: Neighbours;
  readonly mailbox: Mailbox<CoordinatorMail>;
  readonly gates: ReadonlyMap<number, Gate>;
  readonly status: () => unknown;
  readonly repair: (scope: RepairScope) => RepairReport;
  readonly hints: () => unknown;
};

export class Front {
  /** Closed until the host serves. */
  readonly doors: Doors;
  readonly #vacancies: Vacancies;
  readonly #shedding: Shedding;

  constructor(private readonly ports: FrontPorts) {
    const {shared, topology, subjects, neighbours} = ports;
    const {config} = shared;
    this.#vacancies = new Vacancies({
      ...shared,
      self: config.id,
      peers: neighbours.peers,
      isLinked: peer => neighbours.isLinked(peer),
      changed: () => fillVacancies(topology, config.id, this.#vacancies, this.doors),
    });
    this.#shedding = new Shedding({
      ...shared,
      subjects,
      host: config.id,
      options: config.shedding,
    });
    this.doors = this.#makeDoors();
  }

  gateChanged({partition, admits}: Gate): void {
    this.doors.setGate(partition, admits);
  }

  /** A peer was linked or lost. */
  linkChanged(peer: string): void {
    this.#vacancies.look(peer);
  }

  status() {
    return {load: this.#shedding.report};
  }

  #makeDoors(): Doors {
    const {shared, topology, subjects} = this.ports;
    const {config} = shared;
    const common = {
      ...shared,
      subjects,
      stats: new RequestStats(shared.counters),
      shedding: this.#shedding,
      admission: new Admission(topology, shared.clock),
      epoch: topology.epoch,
      coordinate: (request: Request) => this.#coordinate(request),
    };
    const isLinked = (host: string) => this.ports.neighbours.isLinked(host);
    const plain = new PlainRequests({
      ...common,
      replicaFor: ({partition, n, isSloppy}) =>
        ownersOf(topology, partition, n).find(isLinked) ??
        (isSloppy ? standInsOf(topology, partition).find(isLinked) : null) ??
        null,
      isReachable: partition => ownersOf(topology, partition).some(isLinked),
    });
    const {status, repair, hints} = this.ports;
    const answers = {...shared, ...config, status, repair, hints};
    const client = new ClientRequests({
      ...common,
      ask: (question, parameter) => answerQuestion(answers, question, parameter),
    });
    return new Doors(shared.transport, subjects, config.id, {
      onPlain: message => plain.onMessage(message),
      onAddressed: message => plain.onMessage(message, true),
      onClient: message => client.onMessage(message),
      onInfo: infoHandler(this.ports),
      discover: () => [
        ...serveDiscovery({...common, ...config, host: config.id}),
        this.#shedding.start(),
      ],
    });
  }

  /** False when the request is for another host. */
  #coordinate(request: Request): boolean {
    const {shared, topology, mailbox, gates} = this.ports;
    const {partition, n} = request;
    const gate = gates.get(partition);
    // A bucket with fewer copies than the cluster's n has owners that keep none: they must not be
    // counted.
    const slot = gate?.owners.indexOf(shared.config.id) ?? -1;
    const isOwner = gate !== undefined && slot >= 0 && slot < n;
    const mayTake = isOwner
      ? gate.admits
      : gate === undefined && this.#vacancies.areGone(ownersOf(topology, partition, n));
    if (!mayTake) {
      return false;
    }

    if (!isOwner && !request.isSloppy) {
      const why = "none of the key's owners can be reached, and its bucket counts no stand-ins";
      request.answer(refusal(Code.unavailable, `${why}; nothing was applied; retry later`, n));
    } else if (!mailbox.post(request)) {
      const why = 'this host has all the requests it can hold';
      const text = `${why}; nothing was applied; retry elsewhere`;
      request.answer(refusal(Code.overloaded, text, n));
    }

    return true;
  }
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
