/**
 * The store's storage for all who read records from it: a record that does not match its checksum
 * is answered as CORRUPT, and whatever is CORRUPT is also told, before its reader knows.
 *
 * Nothing beside damage may be trusted, so whoever meets it need not do more than fail.
 */
import {
  StorageFailure,
  type Entry,
  type OpenReport,
  type Salvager,
  type Storage,
  type WriteOperation,
} from '../ports/storage.js';
import {placeOfKey} from './layout.js';
import {openRecord} from './record.js';

type Answer = Uint8Array | null | StorageFailure;

export class CheckedStorage implements Storage {
  constructor(
    private readonly inner: Storage,
    private readonly onDamaged: (failure: StorageFailure) => void,
  ) {}

  read(keys: readonly Uint8Array[], done: (answers: readonly Answer[]) => void): void {
    this.inner.read(keys, answers => {
      const checked = answers.map((answer, at) =>
        answer instanceof Uint8Array ? (damageOf(keys[at]!, answer) ?? answer) : answer,
      );
      this.#tell(checked.find(isDamage));
      done(checked);
    });
  }

  scan(
    range: {readonly from: Uint8Array; readonly to: Uint8Array; readonly limit: number},
    done: (failure: StorageFailure | null, entries: readonly Entry[]) => void,
  ): void {
    this.inner.scan(range, (failure, entries) => {
      const damage = failure ?? firstDamage(entries);
      this.#tell(isDamage(damage) ? damage : undefined);
      done(damage, damage === null ? entries : []);
    });
  }

  open(done: (failure: StorageFailure | null, report: OpenReport | null) => void): void {
    this.inner.open(done);
  }

  commit(
    operations: readonly WriteOperation[],
    options: {readonly sync: boolean},
    done: (failure: StorageFailure | null) => void,
  ): void {
    this.inner.commit(operations, options, done);
  }

  condemn(why: string, done: (failure: StorageFailure | null) => void): void {
    this.inner.condemn(why, done);
  }

  salvage(
    why: string,
    salvager: Salvager,
    done: (failure: StorageFailure | null, report: OpenReport | null) => void,
  ): void {
    this.inner.salvage(why, salvager, done);
  }

  close(done: (failure: StorageFailure | null) => void): void {
    this.inner.close(done);
  }

  #tell(damage: StorageFailure | undefined): void {
    if (damage !== undefined) {
      this.onDamaged(damage);
    }
  }
}

function isDamage(answer: Answer): answer is StorageFailure {
  return answer instanceof StorageFailure && answer.code === 'CORRUPT';
}

function firstDamage(entries: readonly Entry[]): StorageFailure | null {
  for (const {key, value} of entries) {
    const damage = damageOf(key, value);
    if (damage !== null) {
      return damage;
    }
  }

  return null;
}

function damageOf(key: Uint8Array, record: Uint8Array): StorageFailure | null {
  if (openRecord(key, record) !== null) {
    return null;
  }

  const place = placeOfKey(key);
  const what = place === null ? 'a record' : `a record (${JSON.stringify(place)})`;
  return new StorageFailure('CORRUPT', `${what} does not match its checksum`);
}
