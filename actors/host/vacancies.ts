/**
 * Vacancies: which hosts this one holds for gone, and so which partitions it has to stand in for.
 *
 * Invariants:
 *   1. A host is gone only when it has been down, or suspect and not linked, without a break for
 *      `GONE_AFTER_MS` in which this host had its broker. One that is silent for us alone is not.
 *   2. A host that has lost its broker holds nobody for gone.
 *   3. Of the stand-ins for a partition the first that is not gone takes its requests.
 */
import type {Liveness} from '../../src/liveness.js';
import type {Clock, TimerId} from '../../src/ports/clock.js';
import type {Transport} from '../../src/ports/transport.js';
import type {Topology} from '../../src/topology/document.js';
import {ownersOf, standInsOf} from '../../src/topology/lookup.js';
import type {Doors} from './doors.js';

/** A host that restarts, or a broker that was lost for a moment, must not move requests about. */
export const GONE_AFTER_MS = 1_000;

export type VacancyPorts = {
  readonly self: string;
  readonly clock: Clock;
  readonly liveness: Liveness;
  readonly transport: Pick<Transport, 'connected' | 'onConnected'>;
  readonly peers: readonly string[];
  readonly isLinked: (peer: string) => boolean;
  /** Somebody is gone, or is back. */
  readonly changed: () => void;
};

export class Vacancies {
  /** Waits until a host has been away for long enough. */
  readonly #leaving = new Map<string, TimerId>();
  readonly #gone = new Set<string>();

  constructor(private readonly ports: VacancyPorts) {
    ports.liveness.onChange(host => this.look(host));
    ports.transport.onConnected(() => ports.peers.forEach(peer => this.look(peer)));
  }

  /** Whether none of the key's owners is there, for as much as this host can tell. */
  areGone(owners: readonly string[]): boolean {
    return owners.every(owner => this.#gone.has(owner));
  }

  /** Whether this host is the one to take requests in the owners' place. */
  isNext(owners: readonly string[], standIns: () => readonly string[]): boolean {
    return (
      this.areGone(owners) &&
      standIns().find(standIn => !this.#gone.has(standIn)) === this.ports.self
    );
  }

  /** Something may have changed about the host: its link, or what is held of it. */
  look(host: string): void {
    const {clock, changed} = this.ports;
    const isAway = this.#isAway(host);
    const leaving = this.#leaving.get(host);
    if (isAway && leaving === undefined && !this.#gone.has(host)) {
      const timer = clock.setTimeout(() => this.#leave(host), GONE_AFTER_MS);
      this.#leaving.set(host, timer);
    } else if (!isAway) {
      this.#leaving.delete(host);
      if (leaving !== undefined) {
        clock.clearTimeout(leaving);
      }

      if (this.#gone.delete(host)) {
        changed();
      }
    }
  }

  #leave(host: string): void {
    this.#leaving.delete(host);
    this.#gone.add(host);
    this.ports.changed();
  }

  #isAway(host: string): boolean {
    const {transport, liveness, isLinked} = this.ports;
    const state = liveness.stateOf(host);
    return transport.connected && (state === 'down' || (state === 'suspect' && !isLinked(host)));
  }
}

/** Joins the queue groups of partitions whose owners are all gone, and leaves those of others. */
export function fillVacancies(
  topology: Topology,
  self: string,
  vacancies: Vacancies,
  doors: Doors,
): void {
  for (let partition = 0; partition < topology.partitions; partition += 1) {
    const owners = ownersOf(topology, partition);
    if (!owners.includes(self)) {
      const standsIn = vacancies.isNext(owners, () => standInsOf(topology, partition));
      doors.setStandIn(partition, standsIn);
    }
  }
}
