/**
 * How many requests of one kind may be under way at once, found by how they fare: as many as end
 * within the wanted time.
 *
 * By Little's law requests under way = rate x time each takes. So once a queue stands the limit
 * becomes the best rate lately seen, scaled to the wanted time: those who are let in from then on
 * take that long. The best, as BBR takes it (Cardwell and others, 2016), since a host that got no
 * CPU for a moment can do no less than before. It rises only by being met without such trouble, as
 * TCP's window does (RFC 2861), so that it stands near what this host can do also when load comes
 * in bursts.
 *
 * A window is late when more than half of the requests that ended in it took too long (not the
 * slowest, which may have met a slow owner), or the fewest that were under way are still more than
 * end within the wanted time. A queue stands when windows are late one after the other, and never
 * fewer were under way than every host can bear (Nichols and Jacobson, "Controlling Queue Delay",
 * 2012, likewise look at the least delay, and for a while). One late window is a stall, and what
 * waited meanwhile is served. What requests had waited before this host read them is taken off
 * their time here.
 *
 * Time that they take with few beside them is no queue's doing (a far owner, a slow disk) and comes
 * on top of the wanted time: its median, followed in small steps (Ma, Muthukrishnan and Sandler,
 * "Frugal Streaming", 2014). Were it not, a limit could fall and fall, and nothing be gained by it.
 *
 * Invariants:
 *   1. Never more are under way than the limit said when the last of them was let in.
 *   2. The limit stays between `least` and `most`, whatever happens.
 *   3. It falls only after as many windows in a row as make a queue a standing one, in which
 *      requests were late, or came late to this host, or nothing ended.
 */

export type LoadLimitOptions = {
  /** What half of the requests may wait for others, in milliseconds: about two windows. */
  readonly wantedMs: number;
  /** Where the limit begins. */
  readonly first: number;
  readonly least: number;
  readonly most: number;
};

/** By which the limit rises after a window in which requests were turned down for it. */
const RISE = 1.125;
/** By which it falls when nothing has ended for as long as a rate is measured. */
const FALL = 0.7;
/** Windows that a rate is measured over, and rates that the best is taken of. */
const WINDOWS = 4;
const RATES = 8;
/** Late windows in a row that make a standing queue. */
const STANDING = 2;
/** Of the wanted time: a window is half of it, unless this host itself stood still. */
const STOOD_STILL = 2;
/** This part of the wanted time is left to requests, however long they have waited before. */
const LEFT_MIN = 1 / 8;
/** Of the wanted time: a step of the median, and the most that it is believed to be. */
const ALONE_STEP = 1 / 64;
const ALONE_MAX = 4;

/** What happened between two adjustments. */
type Window = {ended: number; late: number; fewest: number; ms: number};

const add = (sum: number, one: number): number => sum + one;

export class LoadLimit {
  #limit: number;
  #underWay = 0;
  #isMet = false;
  /** Late windows, up to now. */
  #lateInRow = 0;
  #window: Window = {ended: 0, late: 0, fewest: 0, ms: 0};
  /** The latest ones, oldest first. */
  #windows: Window[] = [];
  /** Requests that end in a millisecond. */
  #rates: number[] = [];
  #sinceMs: number;
  /** What a request takes with few beside it. */
  #aloneMs = 0;

  constructor(
    private readonly options: LoadLimitOptions,
    nowMs: number,
  ) {
    this.#limit = options.first;
    this.#sinceMs = nowMs;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get underWay(): number {
    return this.#underWay;
  }

  /**
   * False when there is no room: then nothing has begun. Of what is `stale`, no more are taken on
   * than every host can bear.
   */
  begin(isStale = false): boolean {
    const isFull = this.#underWay >= this.limit;
    this.#isMet ||= isFull;
    if (isFull || (isStale && this.#underWay >= this.options.least)) {
      return false;
    }

    this.#underWay += 1;
    return true;
  }

  /** One that was let in has ended. `tookMs` is null when its end says nothing about load. */
  end(tookMs: number | null): void {
    if (tookMs !== null) {
      this.#window.ended += 1;
      this.#window.late += tookMs > this.options.wantedMs + this.#aloneMs ? 1 : 0;
      if (this.#underWay <= this.options.least) {
        this.#learnAlone(tookMs);
      }
    }

    this.#underWay -= 1;
    this.#window.fewest = Math.min(this.#window.fewest, this.#underWay);
  }

  /** Ends a window. `cameMs`: how long what this host reads has waited before. */
  adjust(nowMs: number, cameMs: number): void {
    const {wantedMs} = this.options;
    const perMs = this.#measure(nowMs);
    const isLate = !this.#stoodStill && (cameMs > wantedMs || this.#isLate(perMs));
    this.#lateInRow = isLate ? this.#lateInRow + 1 : 0;
    if (this.#lateInRow >= STANDING) {
      const leftMs = Math.max(wantedMs * LEFT_MIN, Math.min(wantedMs, 2 * wantedMs - cameMs));
      this.#set(Math.min(this.#limit, perMs * (leftMs + this.#aloneMs)));
    } else if (this.#window.ended === 0) {
      this.#set(this.#isStuck ? this.#limit * FALL : this.#limit);
    } else if (this.#isMet && !isLate) {
      this.#set(this.#limit * RISE);
    }

    this.#window = {ended: 0, late: 0, fewest: this.#underWay, ms: 0};
    this.#sinceMs = nowMs;
    this.#isMet = false;
  }

  /** The best rate that was lately seen. */
  #measure(nowMs: number): number {
    this.#window.ms = Math.max(1, nowMs - this.#sinceMs);
    this.#windows = [...this.#windows, this.#window].slice(-WINDOWS);
    const ended = this.#windows.map(window => window.ended).reduce(add, 0);
    const ms = this.#windows.map(window => window.ms).reduce(add, 0);
    this.#rates = [...this.#rates, ended / ms].slice(-RATES);
    return Math.max(...this.#rates);
  }

  get #isStuck(): boolean {
    const isFull = this.#windows.length === WINDOWS;
    return isFull && this.#windows.every(({ended, fewest}) => ended === 0 && fewest > 0);
  }

  get #stoodStill(): boolean {
    return this.#window.ms > this.options.wantedMs * STOOD_STILL;
  }

  #isLate(perMs: number): boolean {
    const {wantedMs, least} = this.options;
    const {late, ended, fewest} = this.#window;
    const isSlow = late * 2 > ended || fewest > perMs * (wantedMs + this.#aloneMs);
    return fewest > least && isSlow;
  }

  #learnAlone(tookMs: number): void {
    const {wantedMs} = this.options;
    const stepMs = wantedMs * ALONE_STEP;
    const aloneMs = this.#aloneMs + (tookMs > this.#aloneMs ? stepMs : -stepMs);
    this.#aloneMs = Math.min(wantedMs * ALONE_MAX, Math.max(0, aloneMs));
  }

  #set(limit: number): void {
    const {least, most} = this.options;
    this.#limit = Math.min(most, Math.max(least, limit));
  }
}
