/**
 * Answers the questions of NATS service discovery (ADR-32):
 * `$SRV.PING|INFO|STATS[.quorate[.<id>]]`, so that `nats micro ls|info|stats` shows the hosts.
 * Answered here and not by the client library's service framework, which counts only what passes
 * through subscriptions of its own.
 */
import type {Clock} from '../ports/clock.js';
import type {Counters} from '../counters.js';
import type {Message, Subscription, Transport} from '../ports/transport.js';
import {HOSTS_QUEUE, VERBS, type Subjects} from '../subjects.js';
import type {EndpointStats, RequestStats} from './request-stats.js';

const SERVICE = 'quorate';
const TYPE = 'io.nats.micro.v1';
const KINDS = ['PING', 'INFO', 'STATS'] as const;
type Kind = (typeof KINDS)[number];

export type DiscoveryPorts = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly subjects: Subjects;
  readonly counters: Counters;
  readonly stats: RequestStats;
  /** The host's id, unique in its cluster. */
  readonly host: string;
  readonly version: string;
};

export function serveDiscovery(ports: DiscoveryPorts): readonly Subscription[] {
  const {transport, subjects, counters, host} = ports;
  const started = new Date(ports.clock.wallMs()).toISOString();
  const answer = (kind: Kind, message: Message) => {
    if (!subjects.isReplyAllowed(message.reply)) {
      counters.add('requests_dropped_reply_not_allowed');
      return;
    }

    const body = {...identity(ports, kind), ...details(ports, kind, started)};
    transport.publish(message.reply, Buffer.from(JSON.stringify(body)));
  };

  return KINDS.flatMap(kind =>
    ['', `.${SERVICE}`, `.${SERVICE}.${host}`].map(scope =>
      transport.subscribe(`$SRV.${kind}${scope}`, {}, message => answer(kind, message)),
    ),
  );
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

function details({subjects, counters, stats}: DiscoveryPorts, kind: Kind, started: string) {
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
          ...measured(stats.of(endpoint.name)),
          data: counters.all(),
        })),
      };
    default:
      return {};
  }
}

/** Times in nanoseconds, as ADR-32 wants them. */
function measured({requests, errors, lastError, processingMs}: EndpointStats) {
  const processing = Math.round(processingMs * 1e6);
  return {
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: processing,
    average_processing_time: requests === 0 ? 0 : Math.round(processing / requests),
  };
}
