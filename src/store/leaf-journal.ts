/**
 * Makes the Merkle leaves of all vnodes durable, in the batches of the objects that they weigh.
 * (A leaf of its own beside each object made up a fifth of what a commit costs.)
 *
 * A commit appends one record, in slot `sequence % slots`, with the new values of all leaves that
 * it changes. The trees lie on disk in pages, one for each branch. A page is stale once one of its
 * leaves has changed, and is written anew in the commit that overwrites the slot with the first of
 * those changes.
 *
 * Invariants:
 *   1. After any prefix of the commits the disk tells all leaves as they were then: the pages, and
 *      over them the changes in the slots, by sequence.
 *   2. The slots hold the last `slots` records, without a gap.
 *   3. A stale page is known here with the tree that tells its leaves. Nothing is decided on top of
 *      a commit that failed, so that tree tells what the commit under way makes durable.
 *   4. A vnode that restores its tree at any moment, while others' commits are under way or the
 *      slots are being read, ends with the leaves of its objects: a page that is being written
 *      stays known until that has ended, and half-read pages are shown to nobody.
 */
import {BRANCHES, MerkleTree} from '../merkle/tree.js';
import {StorageFailure, type Storage, type WriteOperation} from '../ports/storage.js';
import {journalKey, journalRange, pageKey} from './layout.js';
import {
  copyPage,
  eachChange,
  encodeChanges,
  encodePage,
  loadLeaf,
  loadPage,
  openChanges,
  openPage,
  pageOf,
  placeOfPage,
  sequenceOf,
  type LeafWrite,
} from './leaf-records.js';
import {sealRecord} from './record.js';

/**
 * More: pages are written more rarely (two a commit of 70 operations), and a start reads more
 * records. Part of the disk format: a store is always opened with as many as it was made with.
 */
export const JOURNAL_SLOTS = 1_024;

type Page = {tree: MerkleTree; readonly staleSince: number};

export class LeafJournal {
  /** The stale ones; that which has been so for longest is first. */
  #pages = new Map<number, Page>();
  /** Those that the latest commit writes anew: until it has ended the disk may tell older ones. */
  readonly #written = new Map<number, Page>();
  #sequence = 0;
  /** While the slots are being read: who waits for it. */
  #waiting: Array<() => void> | null = null;

  constructor(private readonly slots: number) {}

  /**
   * Reads what is in the slots. To be called before anything else, and after a commit that failed:
   * only the disk knows whether it took effect.
   */
  load(storage: Storage, done: (failure: StorageFailure | null) => void): void {
    this.#waiting ??= [];
    storage.scan({...journalRange(), limit: this.slots}, (failure, entries) => {
      const records = failure === null ? entries.map(openChanges) : [];
      const whole = records.filter(record => record !== null);
      if (failure !== null || whole.length < records.length) {
        done(failure ?? new StorageFailure('CORRUPT', 'a record of changed leaves is damaged'));
      } else {
        const ordered = whole.toSorted((a, b) => sequenceOf(a) - sequenceOf(b));
        this.#loadPages(storage, ordered, done);
      }
    });
  }

  /**
   * Fills in the pages that are newer than the disk's, and tells their branches: what the disk
   * says of all others is final, whenever it is read, as long as nothing of the partition is
   * written. `done` is called at once, or when the slots have been read; never when that fails,
   * and nothing goes on after it.
   */
  fillIn(partition: number, tree: MerkleTree, done: (branches: ReadonlySet<number>) => void): void {
    if (this.#waiting !== null) {
      this.#waiting.push(() => this.fillIn(partition, tree, done));
      return;
    }

    const branches = new Set<number>();
    for (let branch = 0; branch < BRANCHES; branch += 1) {
      const id = partition * BRANCHES + branch;
      const page = this.#pages.get(id) ?? this.#written.get(id);
      if (page !== undefined) {
        copyPage(page.tree, tree, branch);
        branches.add(branch);
      }
    }

    done(branches);
  }

  /**
   * What the commit with these writes has to write along; all that was decided so far must be in
   * it or in commits before it. One commit at a time is under way.
   */
  begin(writes: ReadonlyMap<string, LeafWrite>): WriteOperation[] {
    this.#written.clear();
    if (writes.size === 0) {
      return [];
    }

    this.#sequence += 1;
    const operations = this.#writePages(this.#sequence - this.slots);
    for (const {partition, leaf, tree} of writes.values()) {
      const id = pageOf(partition, leaf);
      const page = this.#pages.get(id);
      if (page === undefined) {
        this.#pages.set(id, {tree, staleSince: this.#sequence});
      } else {
        page.tree = tree;
      }
    }

    const key = journalKey(this.#sequence % this.slots);
    operations.push({key, value: sealRecord(key, encodeChanges(this.#sequence, writes))});
    return operations;
  }

  /** Writes the pages that are stale since `sequence` or longer. */
  #writePages(sequence: number): WriteOperation[] {
    const operations: WriteOperation[] = [];
    for (const [id, page] of this.#pages) {
      const {tree, staleSince} = page;
      if (staleSince > sequence) {
        break;
      }

      const key = keyOfPage(id);
      operations.push({key, value: sealRecord(key, encodePage(tree, placeOfPage(id).branch))});
      this.#pages.delete(id);
      this.#written.set(id, page);
    }

    return operations;
  }

  #loadPages(
    storage: Storage,
    records: readonly Buffer[],
    done: (failure: StorageFailure | null) => void,
  ): void {
    const trees = new Map<number, MerkleTree>();
    const treeOf = (partition: number): MerkleTree => {
      const tree = trees.get(partition) ?? new MerkleTree();
      trees.set(partition, tree);
      return tree;
    };

    const pages = new Map<number, Page>();
    for (const record of records) {
      const staleSince = sequenceOf(record);
      eachChange(record, (partition, leaf) => {
        const id = pageOf(partition, leaf);
        if (!pages.has(id)) {
          pages.set(id, {tree: treeOf(partition), staleSince});
        }
      });
    }

    const last = records.at(-1);
    const loaded = () => {
      this.#loaded(pages, last === undefined ? 0 : sequenceOf(last));
      done(null);
    };
    if (last === undefined) {
      loaded();
      return;
    }

    const ids = [...pages.keys()];
    const keys = ids.map(keyOfPage);
    storage.read(keys, answers => {
      for (const [index, id] of ids.entries()) {
        const {partition, branch} = placeOfPage(id);
        const failure = restorePage(treeOf(partition), branch, keys[index]!, answers[index]);
        if (failure !== null) {
          done(failure);
          return;
        }
      }

      for (const record of records) {
        eachChange(record, (partition, leaf, at) => loadLeaf(treeOf(partition), leaf, record, at));
      }

      loaded();
    });
  }

  #loaded(pages: Map<number, Page>, sequence: number): void {
    this.#pages = pages;
    this.#written.clear();
    this.#sequence = sequence;
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    waiting.forEach(goOn => goOn());
  }
}

function keyOfPage(id: number): Uint8Array {
  const {partition, branch} = placeOfPage(id);
  return pageKey(partition, branch);
}

function restorePage(
  tree: MerkleTree,
  branch: number,
  key: Uint8Array,
  answer: Uint8Array | null | StorageFailure | undefined,
): StorageFailure | null {
  if (answer === null || answer instanceof StorageFailure) {
    return answer;
  }

  if (answer === undefined) {
    return new StorageFailure('IO', 'the engine gave no answer for a page of Merkle leaves');
  }

  const page = openPage({key, value: answer});
  if (page === null) {
    return damagedPage();
  }

  loadPage(tree, branch, page);
  return null;
}

export function damagedPage(): StorageFailure {
  return new StorageFailure('CORRUPT', 'a page of Merkle leaves on disk is damaged');
}
