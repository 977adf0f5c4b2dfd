/**
 * Mending: makes two owners equal where they were found to differ. Asks for what the other owner
 * has, which comes as merges, and then sends what it still lacks. Both ways objects travel whole,
 * with their original dots, and are merged: nothing is ever overwritten or deleted by repair.
 */
import type {Hash64} from '../../src/merkle/object-hash.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {
  keyOfName,
  nameOfKey,
  type LeafDifference,
  type Objects,
} from '../../src/repair/difference.js';
import {decodePullTold, encodePullAsked, QUESTION} from '../../src/wire/repair-questions.js';
import type {Sender} from './sender.js';
import type {Talk} from './talk.js';

export type MendingPorts = {readonly talk: Talk; readonly sender: Sender};

export type Mended = {
  /** Objects that came here, and that were sent, durably. */
  readonly pulled: number;
  readonly pushed: number;
  /** Why not everything was; '' when it was. */
  readonly why: string;
};

export class Mending {
  readonly #left: LeafDifference[];
  #pulled = 0;
  #pushed = 0;
  #failed = 0;

  constructor(
    private readonly ports: MendingPorts,
    differences: readonly LeafDifference[],
    private readonly done: (mended: Mended) => void,
  ) {
    this.#left = [...differences];
  }

  next(): void {
    const difference = this.#left.pop();
    if (difference === undefined) {
      this.#end(this.#failed === 0 ? '' : `${this.#failed} objects could not be merged`);
      return;
    }

    const {theirs} = difference;
    if (theirs === 'all') {
      this.#pull(difference, [], '');
    } else if (theirs.size === 0) {
      this.#push(difference, '');
    } else {
      this.#pull(difference, [...theirs.keys()].map(nameOfKey), '');
    }
  }

  /** No names ask for all. */
  #pull(difference: LeafDifference, names: readonly Hash64[], after: string): void {
    const {talk} = this.ports;
    const {copies, leaf} = difference;
    talk.ask(
      QUESTION.pull,
      encodePullAsked({copies, leaf, after, names}),
      body => {
        const told = decodePullTold(body);
        if (told === null) {
          this.#end('what it says to have sent cannot be read');
          return;
        }

        this.#pulled += told.sent;
        this.#failed += told.failed;
        talk.bytes += told.bytes;
        if (told.isEnd) {
          this.#push(difference, '');
        } else {
          this.#pull(difference, names, told.last);
        }
      },
      ({refused}) => this.#end(refused),
    );
  }

  #push(difference: LeafDifference, after: string): void {
    const {talk, sender} = this.ports;
    const {copies, leaf, theirs, ours} = difference;
    const {partition, epoch} = talk.gate;
    if (ours !== 'all' && ours.size === 0) {
      this.next();
      return;
    }

    sender.sendPage(
      {
        peer: talk.peer,
        epoch,
        leaf: {partition, copies, leaf},
        after,
        isWanted: (nameHash, held) => {
          const key = keyOfName(nameHash);
          return (ours === 'all' || ours.has(key)) && !isSame(theirs, key, held.hash);
        },
      },
      talk.safely(page => {
        if (page instanceof StorageFailure) {
          this.#end(page.message);
          return;
        }

        this.#pushed += page.sent;
        this.#failed += page.failed;
        talk.bytes += page.bytes;
        if (page.isEnd) {
          this.next();
        } else {
          this.#push(difference, page.last);
        }
      }),
    );
  }

  #end(why: string): void {
    this.done({pulled: this.#pulled, pushed: this.#pushed, why});
  }
}

/** What was pulled before may be all that there is: then it need not go back. */
function isSame(theirs: Objects | 'all', key: string, {hi, lo}: Hash64): boolean {
  const hash = theirs === 'all' ? undefined : theirs.get(key);
  return hash?.hi === hi && hash.lo === lo;
}
