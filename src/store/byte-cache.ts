/**
 * A cache of byte strings by name, in one buffer: what is kept costs the garbage collector a name
 * and a map slot, and its bytes nothing. (With a buffer for each entry a host with 400,000 small
 * records took 450 MB instead of 300, and a put cost the hosts 6 % more.)
 *
 * The buffer is a ring: entries join at its head and leave at its tail. One that was asked for
 * since it joined gets a second chance and joins anew. (Corbato, "A paging experiment with the
 * Multics system", 1968.)
 *
 * Invariants:
 *   1. It takes no more than `bytesMax`, a quarter of it for names and places.
 *   2. What it answers is a copy of the last bytes that were set under that name, or nothing.
 */

/** A name of usual length, its slot in the map and in the columns below. */
const ENTRY_BYTES = 128;
/** Rooms are multiples of this, so that an entry that grows a little stays where it is. */
const ROOM_STEP_BYTES = 64;
/** Larger ones are not kept: each would push out many others. */
const ENTRIES_AT_LEAST = 4;
/** Node makes no buffer of 4 GiB or more. Memory is taken as the ring fills. */
const RING_BYTES_MAX = 2 ** 32 - 4096;
/** In one call, so that none takes long. */
const SECOND_CHANCES_MAX = 4;

export class ByteCache {
  readonly #ring: Buffer;
  readonly #entriesMax: number;
  /** Entries are numbered as they join; number `n` has slot `n % entriesMax` of each column. */
  readonly #slots = new Map<string, number>();
  readonly #names: string[] = [];
  /** Where its room begins: an offset in a ring that has no end. */
  readonly #starts: Float64Array;
  readonly #rooms: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #wasAsked: Uint8Array;
  /** Entries that have just left, to be given their second chance. */
  readonly #left: Array<{readonly name: string; readonly bytes: Uint8Array}> = [];
  #oldest = 0;
  #next = 0;
  #head = 0;

  constructor(bytesMax: number) {
    this.#entriesMax = Math.max(1, Math.floor(bytesMax / 4 / ENTRY_BYTES));
    const ringBytes = Math.min(Math.floor((bytesMax / 4) * 3), RING_BYTES_MAX);
    this.#ring = Buffer.allocUnsafeSlow(Math.max(1, ringBytes));
    this.#starts = new Float64Array(this.#entriesMax);
    this.#rooms = new Uint32Array(this.#entriesMax);
    this.#lengths = new Uint32Array(this.#entriesMax);
    this.#wasAsked = new Uint8Array(this.#entriesMax);
  }

  /** What it takes now. */
  get bytes(): number {
    const entries = this.#next - this.#oldest;
    const ring = entries === 0 ? 0 : this.#head - this.#starts[this.#oldest % this.#entriesMax]!;
    return ring + entries * ENTRY_BYTES;
  }

  get(name: string): Uint8Array | undefined {
    const slot = this.#slots.get(name);
    if (slot === undefined) {
      return undefined;
    }

    this.#wasAsked[slot] = 1;
    return this.#copy(slot);
  }

  set(name: string, bytes: Uint8Array): void {
    const slot = this.#slots.get(name);
    if (slot !== undefined && bytes.length <= this.#rooms[slot]!) {
      this.#ring.set(bytes, this.#starts[slot]! % this.#ring.length);
      this.#lengths[slot] = bytes.length;
      return;
    }

    // An earlier entry stays behind, without a way to it, until its turn comes. What has grown gets
    // room to grow on.
    const hadRoom = this.#slots.delete(name);
    const room = hadRoom ? bytes.length * 1.25 : bytes.length;
    if (room * ENTRIES_AT_LEAST <= this.#ring.length) {
      this.#join(name, bytes, room);
      this.#joinAgain();
    }
  }

  clear(): void {
    this.#slots.clear();
    this.#names.length = 0;
    this.#oldest = this.#next;
  }

  #copy(slot: number): Uint8Array {
    const from = this.#starts[slot]! % this.#ring.length;
    return Buffer.from(this.#ring.subarray(from, from + this.#lengths[slot]!));
  }

  #joinAgain(): void {
    let chances = SECOND_CHANCES_MAX;
    for (let entry = this.#left.shift(); entry !== undefined; entry = this.#left.shift()) {
      if (chances > 0) {
        chances -= 1;
        this.#join(entry.name, entry.bytes, entry.bytes.length);
      }
    }
  }

  #join(name: string, bytes: Uint8Array, roomBytes: number): void {
    const room = Math.ceil(roomBytes / ROOM_STEP_BYTES) * ROOM_STEP_BYTES;
    const start = this.#makeRoom(room);
    const slot = this.#next % this.#entriesMax;
    this.#next += 1;
    this.#head = start + room;
    this.#slots.set(name, slot);
    this.#names[slot] = name;
    this.#starts[slot] = start;
    this.#rooms[slot] = room;
    this.#lengths[slot] = bytes.length;
    this.#wasAsked[slot] = 0;
    this.#ring.set(bytes, start % this.#ring.length);
  }

  /** A room never goes over the end of the buffer. */
  #makeRoom(room: number): number {
    const size = this.#ring.length;
    const left = size - (this.#head % size);
    const start = room <= left ? this.#head : this.#head + left;
    while (this.#oldest < this.#next) {
      const slot = this.#oldest % this.#entriesMax;
      const inTheWay = this.#starts[slot]! < start + room - size;
      if (!inTheWay && this.#next - this.#oldest < this.#entriesMax) {
        break;
      }

      this.#leave(slot);
    }

    return start;
  }

  #leave(slot: number): void {
    this.#oldest += 1;
    const name = this.#names[slot]!;
    if (this.#slots.get(name) !== slot) {
      return;
    }

    this.#slots.delete(name);
    if (this.#wasAsked[slot] === 1 && this.#left.length < SECOND_CHANCES_MAX) {
      this.#left.push({name, bytes: this.#copy(slot)});
    }
  }
}
