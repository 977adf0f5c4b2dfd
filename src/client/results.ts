/** What calls of the client resolve with. Values are copies: they belong to the caller. */
import {CONTEXT_NONE} from '../edge/request-options.js';
import type {ClientResult} from '../wire/client-frames.js';
import type {Outcome} from './options.js';

export type Proof = {
  /**
   * Give it back with the next write of this key. Never empty: of a key that was never written,
   * and of a write that left siblings beside it, it is 'none', so that a write by it stands beside
   * whatever its writer was never shown.
   */
  readonly context: string;
  /** Owners that took part, or stand-ins in their place, of `slots` that hold the key. */
  readonly acks: number;
  readonly slots: number;
  /**
   * strict: this quorum meets every other one; weak: R + W <= N; sloppy: a stand-in was counted.
   */
  readonly outcome: Outcome;
  /** The topology's, at the host that answered. */
  readonly epoch: number;
};

export class Found implements Proof {
  readonly found = true;
  /** The newest one. */
  readonly value: Uint8Array;

  constructor(
    /** All concurrent values, newest first; one unless writers did not know of each other. */
    readonly siblings: readonly Uint8Array[],
    readonly context: string,
    readonly acks: number,
    readonly slots: number,
    readonly outcome: Outcome,
    readonly epoch: number,
  ) {
    this.value = siblings[0] ?? new Uint8Array(0);
  }

  /** The newest value as UTF-8. Throws `TypeError` when it is none, rather than alter it. */
  text(): string {
    return utf8.decode(this.value);
  }

  /** The newest value as JSON. Throws `SyntaxError` when it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** The key is absent or was deleted. */
export type Missing = Proof & {
  readonly found: false;
  readonly value: null;
  readonly siblings: readonly [];
};

export type Got = Found | Missing;

export type Written = Proof & {
  /** What the write was known by; see `WriteOptions.id`. */
  readonly id: string;
};

export function gotOf(result: ClientResult, epoch: number): Got {
  const [, , , values, context, acks, slots, outcome] = result;
  const proof = {context: context || CONTEXT_NONE, acks, slots, outcome: outcome as Outcome, epoch};
  if (values.length === 0) {
    return {found: false, value: null, siblings: [], ...proof};
  }

  // What arrived is a view of a socket read of up to 64 KiB, which one kept value would keep alive.
  const copies = values.map(value => new Uint8Array(value));
  return new Found(copies, proof.context, acks, slots, proof.outcome, epoch);
}

export function writtenOf(result: ClientResult, epoch: number, id: string): Written {
  const [, , , , context, acks, slots, outcome] = result;
  return {context: context || CONTEXT_NONE, acks, slots, outcome: outcome as Outcome, epoch, id};
}
