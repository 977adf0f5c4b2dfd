/**
 * A host's objects: what is pending, what is cached, and what must be read from disk.
 *
 * Invariants:
 *   1. An object that is pending is the key's truth; the cache and the disk come after it.
 *   2. Loads of one key that overlap share one read and are answered in the order they were asked.
 *   3. A damaged record or a failed read is an error for its key, never an absence (T42). Damage
 *      is also told, once the key's readers know: nothing beside it may be trusted either.
 *   4. The cache takes at most `cacheBytes`; absent keys are cached too.
 *   5. Past `WAITERS_MAX` waiting for the disk the store is `full`, and whoever asks must be turned
 *      down. From half of that on it is `crowded`: what is left is for other hosts' requests.
 */
import type {Clock} from '../ports/clock.js';
import {StorageFailure, type Storage} from '../ports/storage.js';
import {ByteCache} from './byte-cache.js';
import {GroupCommit, type Durable, type GroupBounds, type ObjectWrite} from './group-commit.js';
import {Held, holdBytes} from './held.js';
import {objectKey} from './layout.js';
import {openRecord} from './record.js';

/** null: the key has no object. */
export type Loaded = Held | null | StorageFailure;
type Waiter = (loaded: Loaded) => void;
type Load = {readonly partition: number; readonly name: string; readonly waiters: Waiter[]};

/** In the cache: the key has no object. No object is encoded in so few bytes. */
const ABSENT = new Uint8Array(0);
/** A read fetches its keys one after the other, so that more of them make all wait longer. */
const READ_BATCH_MAX = 64;
const WAITERS_MAX = 8_192;

export type ObjectStoreOptions = GroupBounds & {
  readonly cacheBytes: number;
  readonly readsAtOnce: number;
};

export class ObjectStore {
  readonly commits: GroupCommit;
  readonly #cache: ByteCache;
  readonly #loads = new Map<string, Load>();
  #waiting: Load[] = [];
  #reading = 0;
  #waiters = 0;
  #scheduled = false;

  constructor(
    private readonly storage: Storage,
    private readonly clock: Clock,
    private readonly options: ObjectStoreOptions,
    onGathered: () => void,
    /** A read, here or by another user of the storage, has met damage: told once for each. */
    readonly onDamaged: (failure: StorageFailure) => void,
  ) {
    this.commits = new GroupCommit(options, onGathered);
    this.#cache = new ByteCache(options.cacheBytes);
  }

  get cacheBytes(): number {
    return this.#cache.bytes;
  }

  get full(): boolean {
    return this.#waiters >= WAITERS_MAX;
  }

  get crowded(): boolean {
    return this.#waiters >= WAITERS_MAX / 2;
  }

  /** What is known without the disk: undefined when a load is needed. */
  peek(name: string): Held | null | undefined {
    return this.commits.pending(name) ?? this.#cached(name);
  }

  load(partition: number, name: string, done: Waiter): void {
    this.#waiters += 1;
    const known = this.#loads.get(name);
    if (known !== undefined) {
      known.waiters.push(done);
      return;
    }

    const load = {partition, name, waiters: [done]};
    this.#loads.set(name, load);
    this.#waiting.push(load);
    this.#schedule();
  }

  write(write: ObjectWrite, durable: Durable): void {
    this.commits.addObject(write, durable);
  }

  /**
   * Everything under way has failed: what was decided on top of it is forgotten and will be read
   * again.
   */
  fail(failure: StorageFailure): void {
    this.#cache.clear();
    this.commits.fail(failure);
  }

  succeed(): void {
    this.commits.succeed((name, held) => this.#keep(name, held));
  }

  #cached(name: string): Held | null | undefined {
    const bytes = this.#cache.get(name);
    if (bytes === undefined) {
      return undefined;
    }

    return bytes.length === 0 ? null : new Held(name, bytes, null);
  }

  #keep(name: string, held: Held | null): void {
    this.#cache.set(name, held?.bytes ?? ABSENT);
  }

  #schedule(): void {
    if (
      this.#scheduled ||
      this.#reading >= this.options.readsAtOnce ||
      this.#waiting.length === 0
    ) {
      return;
    }

    this.#scheduled = true;
    this.clock.endOfTurn(() => {
      this.#scheduled = false;
      this.#read(this.#waiting.splice(0, READ_BATCH_MAX));
      this.#schedule();
    });
  }

  #read(loads: readonly Load[]): void {
    const keys = loads.map(({partition, name}) => objectKey(partition, name));
    this.#reading += 1;
    this.storage.read(keys, answers => {
      this.#reading -= 1;
      for (const [index, load] of loads.entries()) {
        this.#finish(load, interpret(load.name, keys[index], answers[index]));
      }

      this.#schedule();
    });
  }

  #finish(load: Load, loaded: Loaded): void {
    this.#loads.delete(load.name);
    this.#waiters -= load.waiters.length;
    if (!(loaded instanceof StorageFailure)) {
      this.#keep(load.name, loaded);
    }

    for (const done of load.waiters) {
      // An earlier waiter may have written: what is pending then is what the next one must see.
      done(this.commits.pending(load.name) ?? loaded);
    }

    if (loaded instanceof StorageFailure && loaded.code === 'CORRUPT') {
      this.onDamaged(loaded);
    }
  }
}

function interpret(
  name: string,
  key: Uint8Array | undefined,
  answer: Uint8Array | null | StorageFailure | undefined,
): Loaded {
  if (key === undefined || answer === undefined) {
    return new StorageFailure('IO', `the engine gave no answer for ${name}`);
  }

  if (answer === null || answer instanceof StorageFailure) {
    return answer;
  }

  const content = openRecord(key, answer);
  if (content === null) {
    return new StorageFailure('CORRUPT', `the record of ${name} does not match its checksum`);
  }

  try {
    return holdBytes(name, content);
  } catch (error) {
    return new StorageFailure('CORRUPT', `the record of ${name} cannot be decoded`, {cause: error});
  }
}
