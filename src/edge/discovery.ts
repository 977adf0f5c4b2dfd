/**
 * Answers the questions of NATS service discovery (ADR-32): `$SRV.PING|INFO|STATS[.quorate[.<id>]]`, so that
 * `nats micro ls|info|stats` shows the hosts. Answered here and not by the client library's service framework,
 * which counts only what passes through subscriptions of its own.
 */
import type {Clock} from '../ports/clock.js';
import type {Counters} from '../counters.js';
import type {Message, Transport} from '../ports/transport.js';
import {HOSTS_QUEUE, VERBS, type Subjects} from '../subjects.js';

const SERVICE = 'quorate';
const TYPE = 'io.nats.micro.v1';
const KINDS = ['PING', 'INFO', 'STATS'] as const;
type Kind = (typeof KINDS)[number];

export type DiscoveryPorts = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly subjects: Subjects;
  readonly counters: Counters;
  /** The host's id, unique in its cluster. */
  readonly host: string;
  readonly version: string;
};

export function serveDiscovery(ports: DiscoveryPorts): void {
  const {transport, subjects, host} = ports;
  const started = new Date(ports.clock.wallMs()).toISOString();
  for (const kind of KINDS) {
    for (const scope of ['', `.${SERVICE}`, `.${SERVICE}.${host}`]) {
      transport.subscribe(`$SRV.${kind}${scope}`, {}, (message: Message) => {
        if (subjects.isReplyAllowed(message.reply)) {
          const body = {...identity(ports, kind), ...details(ports, kind, started)};
          transport.publish(message.reply, Buffer.from(JSON.stringify(body)));
        }
      });
    }
  }
}

function identity({host, version, subjects}: DiscoveryPorts, kind: Kind) {
  return {
    type: `${TYPE}.${kind.toLowerCase()}_response`,
    name: SERVICE,
    id: host,
    version,
    metadata: {cluster: subjects.root},
  };
}

function details({subjects, counters}: DiscoveryPorts, kind: Kind, started: string) {
  const endpoints = VERBS.map(verb => ({
    name: verb,
    subject: `${subjects.root}.${verb}.>`,
    queue_group: HOSTS_QUEUE,
  }));
  switch (kind) {
    case 'INFO':
      return {
        description: 'key-value store',
        endpoints: endpoints.map(e => ({...e, metadata: {}})),
      };
    case 'STATS':
      return {
        started,
        endpoints: endpoints.map(endpoint => ({
          ...endpoint,
          num_requests: counters.get(`requests_${endpoint.name}`),
          num_errors: counters.get(`errors_${endpoint.name}`),
          last_error: '',
          processing_time: 0,
          average_processing_time: 0,
          data: counters.all(),
        })),
      };
    default:
      return {};
  }
}
