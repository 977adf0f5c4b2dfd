/**
 * Reads hints back from the disk: all that is asked for in one turn in as few reads as that allows.
 *
 * Invariants:
 *   1. One read is under way, of at most `READ_BATCH_MAX` keys.
 *   2. A damaged record is a failure, never an absence, and is told (T42).
 *   3. Past `WAITERS_MAX` waiting it is `full`, and whoever asks must be turned down.
 */
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure, type Storage} from '../../src/ports/storage.js';
import {decodeHint, type HintLabel} from '../../src/store/hint-record.js';
import {holdBytes, type Held} from '../../src/store/held.js';
import {hintKey} from '../../src/store/layout.js';
import {openRecord} from '../../src/store/record.js';

export type Hint = {readonly label: HintLabel; readonly held: Held};
type Reading = {
  readonly key: Uint8Array;
  readonly name: string;
  readonly done: (hint: Hint | null | StorageFailure) => void;
};

export type HintReaderPorts = {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly onDamaged: (failure: StorageFailure) => void;
};

const READ_BATCH_MAX = 64;
const WAITERS_MAX = 4_096;

export class HintReader {
  #waiting: Reading[] = [];
  #reading = 0;
  #scheduled = false;

  constructor(private readonly ports: HintReaderPorts) {}

  get full(): boolean {
    return this.#waiting.length + this.#reading >= WAITERS_MAX;
  }

  read(partition: number, name: string, done: (hint: Hint | null | StorageFailure) => void): void {
    this.#waiting.push({key: hintKey(partition, name), name, done});
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#reading > 0 || this.#waiting.length === 0) {
      return;
    }

    this.#scheduled = true;
    this.ports.clock.endOfTurn(() => {
      this.#scheduled = false;
      this.#read(this.#waiting.splice(0, READ_BATCH_MAX));
    });
  }

  #read(batch: readonly Reading[]): void {
    this.#reading = batch.length;
    this.ports.storage.read(
      batch.map(({key}) => key),
      answers => {
        this.#reading = 0;
        this.#schedule();
        const hints = batch.map((reading, index) => openHint(reading, answers[index]));
        for (const [index, {done}] of batch.entries()) {
          done(hints[index] ?? null);
        }

        for (const hint of hints) {
          if (hint instanceof StorageFailure && hint.code === 'CORRUPT') {
            this.ports.onDamaged(hint);
          }
        }
      },
    );
  }
}

/** What lies under a hint's key, as the engine answered. */
export function openHint(
  {key, name}: {readonly key: Uint8Array; readonly name: string},
  answer: Uint8Array | null | StorageFailure | undefined,
): Hint | null | StorageFailure {
  if (answer === undefined) {
    return new StorageFailure('IO', `the engine gave no answer for the hint of ${name}`);
  }

  if (answer === null || answer instanceof StorageFailure) {
    return answer;
  }

  const content = openRecord(key, answer);
  const hint = content === null ? null : decodeHint(content);
  if (hint === null) {
    return new StorageFailure('CORRUPT', `the hint of ${name} does not match its checksum`);
  }

  try {
    return {label: hint.label, held: holdBytes(name, hint.object)};
  } catch (error) {
    return new StorageFailure('CORRUPT', `the hint of ${name} is no object`, {cause: error});
  }
}
