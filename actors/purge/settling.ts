/**
 * Settling: waits until nothing that this host had under way can reach anybody any more. Whatever a
 * request or a repair holds in memory here is sent, or was dropped, when it has ended; and what was
 * sent has arrived where a flush arrives that was sent after it, on the same way (T47).
 *
 * Invariants:
 *   1. It vouches only for what it has seen end: a host that stood still for an hour has its
 *      requests of an hour ago among those that it waits for.
 *   2. It asks all other hosts, on both ways, after everything has ended; one that does not answer
 *      makes it fail.
 *   3. Whoever asks while it is under way waits for the next one: what began meanwhile counts too.
 */
import type {Clock} from '../../src/ports/clock.js';
import {ITEM} from '../../src/wire/host-items.js';
import type {Errands} from '../link/errands.js';

export type SettlingPorts = {
  readonly clock: Clock;
  readonly peers: readonly string[];
  /** All that now holds copies of objects here, as things that are gone from it once they ended. */
  readonly underWay: () => ReadonlySet<unknown>;
  /** The ways to other hosts. */
  readonly ways: ReadonlyArray<Pick<Errands, 'ask'>>;
};

type Settled = (isSettled: boolean) => void;

const LOOK_EVERY_MS = 50;
/** Longer than any request may take (`TIMEOUT_MS_MAX` in src/edge/request-options.ts). */
export const SETTLE_MS_MAX = 70_000;
const FLUSH_MS = 5_000;

export class Settling {
  #waiting: Settled[] = [];
  #isUnderWay = false;

  constructor(private readonly ports: SettlingPorts) {}

  /** Never ends before return. */
  settle(done: Settled): void {
    this.#waiting.push(done);
    if (!this.#isUnderWay) {
      this.ports.clock.endOfTurn(() => this.#begin());
      this.#isUnderWay = true;
    }
  }

  #begin(): void {
    const {clock, underWay} = this.ports;
    const waiting = this.#waiting.splice(0);
    const old = [...underWay()];
    const giveUpMs = clock.nowMs() + SETTLE_MS_MAX;
    const look = (): void => {
      const now = underWay();
      if (!old.some(one => now.has(one))) {
        this.#flush(isFlushed => this.#end(waiting, isFlushed));
      } else if (clock.nowMs() >= giveUpMs) {
        this.#end(waiting, false);
      } else {
        clock.setTimeout(look, LOOK_EVERY_MS);
      }
    };
    look();
  }

  #flush(done: Settled): void {
    const {peers, ways, clock} = this.ports;
    let left = peers.length * ways.length;
    let isFlushed = true;
    if (left === 0) {
      clock.endOfTurn(() => done(true));
    }

    for (const peer of peers) {
      for (const way of ways) {
        way.ask(
          peer,
          no => [ITEM.flush, no],
          FLUSH_MS,
          answer => {
            left -= 1;
            isFlushed &&= answer !== null;
            if (left === 0) {
              done(isFlushed);
            }
          },
        );
      }
    }
  }

  #end(waiting: readonly Settled[], isSettled: boolean): void {
    this.#isUnderWay = this.#waiting.length > 0;
    waiting.forEach(done => done(isSettled));
    if (this.#isUnderWay) {
      this.#begin();
    }
  }
}
