/** How many a second, lately: each event weighs less the longer it is ago. */
const MEMORY_MS = 5_000;

export class Rate {
  #perMs = 0;
  #atMs = 0;

  add(nowMs: number): void {
    this.#perMs = this.#decayed(nowMs) + 1 / MEMORY_MS;
    this.#atMs = nowMs;
  }

  perSecond(nowMs: number): number {
    return this.#decayed(nowMs) * 1_000;
  }

  #decayed(nowMs: number): number {
    return this.#perMs * Math.exp((this.#atMs - nowMs) / MEMORY_MS);
  }
}
