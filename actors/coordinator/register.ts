/**
 * Register: the requests of a coordinator by number, those that are in flight and those that were
 * answered and linger, because something may still be done for them.
 */
import type {Request} from './coordinator.messages.js';
import type {Flight} from './flight.js';

/** So many writes may go on after their answer; what is past that goes on without a hint. */
const LINGERING_MAX = 1_024;

export class Register {
  readonly #flights = new Map<number, Flight>();
  /** Answered, and still of use. */
  readonly #lingering = new Map<number, Flight>();

  get inFlight(): number {
    return this.#flights.size;
  }

  get lingering(): number {
    return this.#lingering.size;
  }

  numbers(): number[] {
    return [...this.#flights.keys(), ...this.#lingering.keys()];
  }

  requests(): Set<Request> {
    const flights = [...this.#flights.values(), ...this.#lingering.values()];
    return new Set(flights.map(({request}) => request));
  }

  find(no: number): Flight | undefined {
    return this.#flights.get(no) ?? this.#lingering.get(no);
  }

  add(flight: Flight): void {
    this.#flights.set(flight.no, flight);
  }

  /** False when it was not in flight any more. */
  end({no}: Flight): boolean {
    return this.#flights.delete(no);
  }

  /** Unless too many do. */
  linger(flight: Flight): void {
    if (this.#lingering.size < LINGERING_MAX) {
      this.#lingering.set(flight.no, flight);
    }
  }

  forget({no}: Flight): void {
    this.#lingering.delete(no);
  }

  /** Whoever begins or lingers by this is told of the time as well. */
  tick(nowMs: number): void {
    for (const flight of this.#flights.values()) {
      flight.onTick(nowMs);
    }

    for (const flight of this.#lingering.values()) {
      flight.onTick(nowMs);
    }
  }

  strike(request: Request): void {
    for (const flight of this.#flights.values()) {
      if (flight.request === request) {
        this.#flights.delete(flight.no);
      }
    }
  }

  /** Forgets all, and tells which requests were in flight. */
  clear(ended: (request: Request) => void): void {
    for (const {request} of this.#flights.values()) {
      ended(request);
    }

    this.#flights.clear();
    this.#lingering.clear();
  }
}
