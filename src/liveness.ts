/**
 * Liveness: what this host holds every other for. A board: one actor writes it, whoever has to
 * choose between hosts reads it. Never an authority on ownership (T24), only on whom to ask.
 *
 * Invariants:
 *   1. A host that nobody has spoken of is up: a guess that costs a short wait when it is wrong.
 *   2. Listeners hear of changes, once each, and not of repetitions.
 */

/** suspect: silent, or hard to reach, and perhaps only for us. down: confirmed by others too. */
export type HostState = 'up' | 'suspect' | 'down';

export type LivenessListener = (host: string, state: HostState) => void;

export class Liveness {
  readonly #states = new Map<string, HostState>();
  readonly #listeners: LivenessListener[] = [];

  stateOf(host: string): HostState {
    return this.#states.get(host) ?? 'up';
  }

  set(host: string, state: HostState): void {
    if (this.stateOf(host) === state) {
      return;
    }

    this.#states.set(host, state);
    for (const listener of this.#listeners) {
      listener(host, state);
    }
  }

  onChange(listener: LivenessListener): void {
    this.#listeners.push(listener);
  }
}
