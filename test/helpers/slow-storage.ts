/**
 * A Storage whose calls end when the test says so: for races that a clock would leave to chance.
 */
import type {
  Entry,
  OpenReport,
  Salvager,
  Storage,
  StorageFailure,
  WriteOperation,
} from '../../src/ports/storage.js';

type Answers = ReadonlyArray<Uint8Array | null | StorageFailure>;
type Read = {keys: readonly Uint8Array[]; done: (answers: Answers) => void};

export class SlowStorage implements Storage {
  readonly reads: Read[] = [];
  readonly commits: Array<{
    operations: readonly WriteOperation[];
    sync: boolean;
    done: (failure: StorageFailure | null) => void;
  }> = [];
  readonly opens: Array<(failure: StorageFailure | null, report: OpenReport | null) => void> = [];
  readonly condemned: Array<{why: string; done: (failure: StorageFailure | null) => void}> = [];
  readonly salvages: Array<{
    why: string;
    salvager: Salvager;
    done: (failure: StorageFailure | null, report: OpenReport | null) => void;
  }> = [];
  readonly closes: Array<(failure: StorageFailure | null) => void> = [];

  open(done: (failure: StorageFailure | null, report: OpenReport | null) => void): void {
    this.opens.push(done);
  }

  commit(
    operations: readonly WriteOperation[],
    {sync}: {readonly sync: boolean},
    done: (failure: StorageFailure | null) => void,
  ): void {
    this.commits.push({operations, sync, done});
  }

  read(keys: readonly Uint8Array[], done: (answers: Answers) => void): void {
    this.reads.push({keys, done});
  }

  scan(
    _range: {readonly from: Uint8Array; readonly to: Uint8Array; readonly limit: number},
    done: (failure: StorageFailure | null, entries: readonly Entry[]) => void,
  ): void {
    done(null, []);
  }

  condemn(why: string, done: (failure: StorageFailure | null) => void): void {
    this.condemned.push({why, done});
  }

  salvage(
    why: string,
    salvager: Salvager,
    done: (failure: StorageFailure | null, report: OpenReport | null) => void,
  ): void {
    this.salvages.push({why, salvager, done});
  }

  close(done: (failure: StorageFailure | null) => void): void {
    this.closes.push(done);
  }

  /** Ends the oldest read, each key by `answer`. */
  endRead(answer: (key: Uint8Array) => Uint8Array | null | StorageFailure): void {
    const read = this.reads.shift();
    read?.done(read.keys.map(answer));
  }
}
