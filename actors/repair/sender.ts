/**
 * Sender: gives another owner objects of a leaf, as merges with their original dots, in bulk. What
 * is sent lies on this host's disk: nothing is shown that could still vanish.
 *
 * Invariants:
 *   1. At most `WINDOW` merges, or `WINDOW_BYTES` bytes of them, wait for their answer at once
 *      (T46).
 *   2. An object counts as sent only when the other owner has it durably. One that it has no room
 *      for at the moment is sent again, a few times.
 */
import {Code} from '../../src/errors.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure} from '../../src/ports/storage.js';
import type {Held} from '../../src/store/held.js';
import {ITEM} from '../../src/wire/host-items.js';
import type {Errands} from '../link/errands.js';
import type {Leaf, LeafReader, Page} from './leaf-reader.js';

export type SenderPorts = {
  readonly clock: Clock;
  readonly errands: Pick<Errands, 'ask'>;
  readonly reader: LeafReader;
};

export type Parcel = {
  readonly peer: string;
  readonly epoch: number;
  readonly leaf: Leaf;
  readonly after: string;
  readonly isWanted: (nameHash: Hash64, held: Held) => boolean;
};

export type SentPage = Page & {
  readonly sent: number;
  readonly failed: number;
  readonly bytes: number;
};

const WINDOW = 16;
const WINDOW_BYTES = 512 * 1024;
/** A page ends after so many that were wanted, or so many that were looked at. */
const SENT_A_PAGE = 64;
const EXAMINED_A_PAGE = 4_096;
const MERGE_MS = 10_000;
const TRIES = 8;
const RETRY_MS = 50;

export class Sender {
  /** Parcels whose page is being read or sent. */
  readonly underWay = new Set<Parcel>();

  constructor(private readonly ports: SenderPorts) {}

  sendPage(parcel: Parcel, ended: (page: SentPage | StorageFailure) => void): void {
    const done = (page: SentPage | StorageFailure) => {
      this.underWay.delete(parcel);
      ended(page);
    };
    this.underWay.add(parcel);
    const wanted: Held[] = [];
    let examined = 0;
    this.ports.reader.read(
      parcel.leaf,
      parcel.after,
      ({nameHash, held}) => {
        examined += 1;
        if (parcel.isWanted(nameHash, held)) {
          wanted.push(held);
        }
      },
      () => wanted.length < SENT_A_PAGE && examined < EXAMINED_A_PAGE,
      page => {
        if (page instanceof StorageFailure) {
          done(page);
        } else {
          const sending = new Sending(this.ports, parcel, wanted, counts =>
            done({...page, ...counts}),
          );
          sending.start();
        }
      },
    );
  }
}

type Counts = Omit<SentPage, keyof Page>;

/** The objects of one page on their way. */
class Sending {
  #next = 0;
  #underWay = 0;
  #bytesUnderWay = 0;
  #sent = 0;
  #failed = 0;
  #bytes = 0;

  constructor(
    private readonly ports: SenderPorts,
    private readonly parcel: Parcel,
    private readonly objects: readonly Held[],
    private readonly done: (counts: Counts) => void,
  ) {}

  start(): void {
    if (this.objects.length === 0) {
      this.done({sent: 0, failed: 0, bytes: 0});
    } else {
      this.#sendMore();
    }
  }

  #sendMore(): void {
    let held = this.objects[this.#next];
    while (held !== undefined && this.#hasRoom(held.bytes.length)) {
      this.#next += 1;
      this.#underWay += 1;
      this.#bytesUnderWay += held.bytes.length;
      this.#send(held, TRIES);
      held = this.objects[this.#next];
    }
  }

  #hasRoom(bytes: number): boolean {
    return (
      this.#underWay === 0 ||
      (this.#underWay < WINDOW && this.#bytesUnderWay + bytes <= WINDOW_BYTES)
    );
  }

  #send(held: Held, tries: number): void {
    const {peer, epoch, leaf} = this.parcel;
    const {errands, clock} = this.ports;
    this.#bytes += held.bytes.length;
    errands.ask(
      peer,
      no => [ITEM.merge, no, leaf.partition, epoch, held.name, held.bytes],
      MERGE_MS,
      answer => {
        const code = answer?.[0] === ITEM.merged ? answer[2] : Code.unavailable;
        if (code === Code.overloaded && tries > 1) {
          clock.setTimeout(() => this.#send(held, tries - 1), RETRY_MS);
        } else {
          this.#ended(held, code === Code.ok);
        }
      },
    );
  }

  #ended(held: Held, isSent: boolean): void {
    this.#underWay -= 1;
    this.#bytesUnderWay -= held.bytes.length;
    this.#sent += isSent ? 1 : 0;
    this.#failed += isSent ? 0 : 1;
    this.#sendMore();
    if (this.#underWay === 0) {
      this.done({sent: this.#sent, failed: this.#failed, bytes: this.#bytes});
    }
  }
}
