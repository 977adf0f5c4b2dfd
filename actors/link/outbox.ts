/**
 * Outbox: items on their way to one peer. All that is posted in one turn leaves as one message, or
 * as few as its size allows: latency when idle, shared cost under load.
 *
 * Invariants:
 *   1. Closed, it takes nothing: `post` says so, and the caller counts the slot as refused.
 *   2. Never more than `bytesMax` bytes wait.
 *   3. A message stays under `messageBytesMax` unless one item alone is larger.
 *   4. An item that no message could carry is not taken: `post` says so.
 */
import {type HostItem, ITEM} from '../../src/wire/host-items.js';
import type {Clock} from '../../src/ports/clock.js';

export type OutboxBounds = {
  readonly bytesMax: number;
  readonly messageBytesMax: number;
  /** What the broker takes; asked anew for each item, since a reconnect may change it. */
  readonly payloadBytesMax: () => number;
};

/** Rough size of an item besides its name and object. */
const ITEM_OVERHEAD_BYTES = 48;
/** Room for the frame around the items. */
const FRAME_BYTES_MAX = 1_024;

export class Outbox {
  #items: HostItem[] = [];
  #bytes = 0;
  #open = false;
  #scheduled = false;

  constructor(
    private readonly clock: Clock,
    private readonly bounds: OutboxBounds,
    private readonly send: (items: readonly HostItem[]) => void,
  ) {}

  get depth(): number {
    return this.#items.length;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.#items = [];
    this.#bytes = 0;
  }

  post(item: HostItem): boolean {
    const size = itemBytes(item);
    const fits = size + FRAME_BYTES_MAX <= this.bounds.payloadBytesMax();
    if (!this.#open || !fits || this.#bytes + size > this.bounds.bytesMax) {
      return false;
    }

    this.#items.push(item);
    this.#bytes += size;
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.clock.endOfTurn(() => this.#flush());
    }

    return true;
  }

  #flush(): void {
    this.#scheduled = false;
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    let first = 0;
    let bytes = 0;
    for (let next = 0; next < items.length; next += 1) {
      const size = itemBytes(items[next] as HostItem);
      if (bytes + size > this.bounds.messageBytesMax && next > first) {
        this.send(items.slice(first, next));
        first = next;
        bytes = 0;
      }

      bytes += size;
    }

    if (items.length > first) {
      this.send(first === 0 ? items : items.slice(first));
    }
  }
}

/** At most: a character of a name or a text takes up to three bytes. */
function itemBytes(item: HostItem): number {
  switch (item[0]) {
    case ITEM.merge:
      return ITEM_OVERHEAD_BYTES + 3 * item[4].length + item[5].length;
    case ITEM.found:
      return ITEM_OVERHEAD_BYTES + 3 * item[3].length + (item[4]?.length ?? 0);
    case ITEM.read:
    case ITEM.digest:
      return ITEM_OVERHEAD_BYTES + 3 * item[4].length;
    case ITEM.merged:
      return ITEM_OVERHEAD_BYTES + 3 * item[3].length;
    case ITEM.keep:
      return ITEM_OVERHEAD_BYTES + 3 * (item[4].length + item[6].join(' ').length) + item[5].length;
    case ITEM.readKept:
      return ITEM_OVERHEAD_BYTES + 3 * item[4].length;
    case ITEM.ask:
      return ITEM_OVERHEAD_BYTES + item[5].length;
    case ITEM.told:
      return ITEM_OVERHEAD_BYTES + 3 * item[3].length + item[4].length;
    case ITEM.gossip:
      return ITEM_OVERHEAD_BYTES + item[2].length;
    default:
      return ITEM_OVERHEAD_BYTES;
  }
}
