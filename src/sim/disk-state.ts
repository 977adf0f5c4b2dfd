/**
 * What a simulated disk and the storages on it share: the platter, its marks, and the faults in
 * force.
 *
 * Invariant: nothing ends for a storage that was made before the last crash.
 */
import type {Clock} from '../ports/clock.js';
import {StorageFailure} from '../ports/storage.js';
import type {Storage, StorageFailureCode} from '../ports/storage.js';
import {Platter} from './platter.js';

export type CommitFault = {readonly code: StorageFailureCode; readonly applied: boolean};

type Frozen = {readonly clock: Clock; readonly run: () => void};

export class DiskState {
  platter = new Platter();
  fresh = true;
  clean = true;
  suspect: string | null = null;
  /** Why it was condemned. */
  condemned: string | null = null;
  /** The storage that has the disk open. */
  owner: Storage | null = null;
  held = false;
  commitFault: CommitFault | null = null;
  /** Takes no commit until there is room again. */
  full = false;
  readFault: StorageFailureCode | null = null;
  nextReadFault: StorageFailureCode | null = null;
  /** Counts crashes. A storage lives while this is what it was when the storage was made. */
  life = 0;
  #frozen: Frozen[] = [];

  /** Ends the life of every storage that was made so far. */
  endLife(): void {
    this.life++;
    this.owner = null;
    this.#frozen = [];
  }

  whenNotHeld(clock: Clock, run: () => void): void {
    if (this.held) {
      this.#frozen.push({clock, run});
    } else {
      run();
    }
  }

  thaw(): void {
    for (const {clock, run} of this.#frozen) {
      clock.setTimeout(() => this.whenNotHeld(clock, run), 0);
    }
    this.#frozen = [];
  }

  takeCommitFault(): CommitFault | null {
    const fault = this.commitFault;
    this.commitFault = null;
    return fault ?? (this.full ? {code: 'FULL', applied: false} : null);
  }

  takeReadFailure(): StorageFailure | null {
    const code = this.readFault ?? this.nextReadFault;
    this.nextReadFault = null;
    return code === null ? null : new StorageFailure(code, 'the simulated disk refused a read');
  }
}
