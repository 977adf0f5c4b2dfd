/**
 * Eviction: how a host that is down loses its place at the broker. A process that stands still
 * keeps its connection, and with it its share of its queue groups' requests, which nobody answers.
 * A broker pings whom it has sent nothing lately; before its version 2.10 it counts what it
 * delivers for a sign of life, so that a host with requests is never pinged. The only thing that
 * makes such a broker look is a connection that takes no more bytes: after `write_deadline` it is
 * closed. So what fills it is sent until the broker says that nobody hears the host.
 *
 * Invariants:
 *   1. Only a host that is down by its silence is evicted, or silent for long where most are; for
 *      one that the broker or itself has spoken of nothing is sent.
 *   2. One host does it: the first, by name, of those that are up.
 *   3. No more than `BYTES_PER_TURN` is sent at a turn, and `BYTES_PER_ROUND` in `ROUND_MS`.
 */

/** A quarter of it in a turn: links between hosts have other things to carry. */
export const BYTES_PER_TURN = 4 * 1024 * 1024;
/**
 * More than a broker's socket and that of a process that reads nothing hold: 6 MB on a Linux with
 * the kernel's usual limits, since windows of those that do not read never grow.
 */
export const BYTES_PER_ROUND = 16 * 1024 * 1024;
export const ROUND_MS = 10_000;

export type Suspected = {
  readonly host: string;
  readonly isDown: boolean;
  readonly isUp: boolean;
  /** The broker, or the host itself, says that it is gone. */
  readonly isGone: boolean;
};

type Round = {readonly sinceMs: number; readonly bytes: number};

export class Eviction {
  readonly #rounds = new Map<string, Round>();

  constructor(private readonly self: string) {}

  /** Hosts to which `BYTES_PER_TURN` are to be sent now. */
  turn(others: readonly Suspected[], nowMs: number): string[] {
    const isMine = others.every(({host, isUp}) => !isUp || this.self < host);
    const due: string[] = [];
    for (const {host, isDown, isGone} of others) {
      if (!isMine || !isDown || isGone) {
        this.#rounds.delete(host);
      } else if (this.#isDue(host, nowMs)) {
        due.push(host);
      }
    }

    return due;
  }

  #isDue(host: string, nowMs: number): boolean {
    const known = this.#rounds.get(host);
    const isOver = known === undefined || nowMs - known.sinceMs >= ROUND_MS;
    const {sinceMs, bytes} = isOver ? {sinceMs: nowMs, bytes: 0} : known;
    if (bytes >= BYTES_PER_ROUND) {
      return false;
    }

    this.#rounds.set(host, {sinceMs, bytes: bytes + BYTES_PER_TURN});
    return true;
  }
}
