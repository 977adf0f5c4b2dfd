/**
 * Watches commits: tells how long they take, and notices one that does not end. RocksDB may have a
 * writer wait on a full disk for its own recovery, which waits for that writer: neither ever ends,
 * room or no room.
 *
 * Invariants:
 *   1. Only looks at which this process ran count: one that stood still, and whose commit has ended
 *      long ago, is not taken for stuck.
 *   2. No timer a commit: a busy host has hundreds a second.
 */
import type {Clock} from '../../src/ports/clock.js';

const LOOK_EVERY_MS = 5_000;
const LOOKS = 12;
export const STUCK_MS = LOOK_EVERY_MS * LOOKS;

export class CommitWatch {
  #beganMs: number | null = null;
  #tookMs = 0;
  #isLooking = false;
  #looks = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onStuck: () => void,
  ) {}

  begin(): void {
    this.#beganMs = this.clock.nowMs();
    this.#looks = 0;
    this.#look();
  }

  end(): void {
    this.#tookMs = this.commitMs;
    this.#beganMs = null;
  }

  /** How long the last commit took, or the one under way takes already. */
  get commitMs(): number {
    return this.#beganMs === null ? this.#tookMs : this.clock.nowMs() - this.#beganMs;
  }

  #look(): void {
    if (!this.#isLooking) {
      this.#isLooking = true;
      this.clock.setTimeout(() => this.#looked(), LOOK_EVERY_MS);
    }
  }

  #looked(): void {
    this.#isLooking = false;
    if (this.#beganMs === null) {
      return;
    }

    this.#looks += 1;
    if (this.#looks < LOOKS) {
      this.#look();
    } else {
      this.onStuck();
    }
  }
}
