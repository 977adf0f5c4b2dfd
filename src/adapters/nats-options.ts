/** What a transport over NATS is told when it is made, and what it counts. */
import type {NodeConnectionOptions} from '@nats-io/transport-node';

export type NatsOptions = {
  /** `host:port` or `nats://host:port`, at least one. Others of the broker's cluster are learnt. */
  readonly servers: readonly string[];
  /** Shown in the broker's own monitoring. */
  readonly name: string;
  /**
   * A handler threw, a message could not be read, the broker refused something, or a dial failed.
   */
  readonly onError: (error: unknown) => void;
  /** How the broker is to know us. */
  readonly credentials?: Pick<
    NodeConnectionOptions,
    'user' | 'pass' | 'token' | 'authenticator' | 'tls'
  >;
  /** A broker that is silent for three of these is given up. Less notices sooner. Default 2,000. */
  readonly pingIntervalMs?: number;
  /** Least wait between two dials; up to as much again is added by chance. Default 100. */
  readonly redialWaitMs?: number;
  /**
   * Of bytes that the broker has not confirmed to have read; past it publishes vanish. Default 32
   * MiB.
   */
  readonly unconfirmedBytesMax?: number;
};

export type NatsCounters = {
  /** Publishes that were not sent: not connected, or the broker reads too slowly. */
  readonly vanished: number;
  /** Messages whose headers could not be read, and that no handler saw. */
  readonly malformed: number;
  readonly handlerFailures: number;
  /** Times that an established connection was lost. */
  readonly losses: number;
};
