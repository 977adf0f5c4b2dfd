/**
 * Seeds that found something, each with its story. A seed means what it meant only while the
 * simulator draws the same numbers, so each story also names the test that shows the fault without
 * one.
 */
import {ALL_FAULTS, NETWORK_FAULTS, type Faults} from '../../../src/sim/faults.js';

export type Found = {readonly seed: number; readonly faults: Faults; readonly story: string};

export const FOUND: readonly Found[] = [
  {
    seed: 1,
    faults: NETWORK_FAULTS,
    // Shown by any seed: a third of the requests for a bucket of two copies came to the third
    // owner.
    story: "an owner beyond a bucket's own n coordinated for it and counted itself as a copy",
  },
  {
    seed: 34,
    faults: ALL_FAULTS,
    // Shown by test/actors/reception.test.ts.
    story:
      'an answer to a crashed host was counted for a request of its next life with the same number',
  },
  {
    seed: 2016,
    faults: ALL_FAULTS,
    // Shown by test/sim/incarnations.test.ts.
    story:
      'a commit failed while its host stopped in order, and the next start kept the incarnation',
  },
  {
    seed: 9,
    faults: NETWORK_FAULTS,
    // The checker was wrong: the last write of a turn went to disk before the first went to a peer.
    story: 'several writes of one turn on one key are seen in another order than they were made',
  },
  {
    seed: 4,
    faults: ALL_FAULTS,
    // The checker was wrong: it took what was not synced yet for lost.
    story: 'a host that crashed without losing power finds what it had written and not synced',
  },
  {
    seed: 5,
    faults: ALL_FAULTS,
    // The checker was wrong: it took a write that it never saw for one that never was.
    story: 'with no peer linked, a write is overtaken within its batch and never leaves its host',
  },
  {
    seed: 3104,
    faults: ALL_FAULTS,
    // The checker was wrong: what waits for a stalled disk outlives the vnode that decided it.
    story: 'a vnode crashes while an earlier write of the key still waits for its commit',
  },
  {
    seed: 69,
    faults: ALL_FAULTS,
    // Shown by test/store/leaf-journal.test.ts.
    story: 'a vnode restored its Merkle tree while the leaves were read anew after a failed commit',
  },
  {
    seed: 144,
    faults: ALL_FAULTS,
    // The simulator was wrong. Shown by test/sim/network.test.ts.
    story: 'a host that crashed while its connection closed went on beside its next life',
  },
  {
    seed: 116,
    faults: ALL_FAULTS,
    // The checker was wrong: a store learns of a full disk once it has read what took effect.
    story: 'a write covers one whose commit has failed, and whose failure is not known yet',
  },
  {
    seed: 165,
    faults: ALL_FAULTS,
    // The checker was wrong: with one copy a write that is overtaken in its batch is never seen.
    story: 'with one copy a write is overtaken within its batch where the last writer wins',
  },
  {
    seed: 273,
    faults: ALL_FAULTS,
    // Shown by test/actors/gossip.test.ts.
    story: 'two hosts that doubted each other told each other so as fast as the network let them',
  },
  {
    seed: 50,
    faults: ALL_FAULTS,
    // Shown by test/sim/hints.test.ts.
    story: 'a hint whose commit had failed and taken effect was acknowledged before it was synced',
  },
  {
    seed: 2155,
    faults: ALL_FAULTS,
    // The checker was wrong: of a delete without an id only what its copies had seen is known.
    story: 'all copies of a delete without an id were unsynced, and lost in a power cut',
  },
  {
    seed: 46,
    faults: ALL_FAULTS,
    // The checker was wrong. Shown by test/sim/promises.test.ts.
    story: 'with durability none a strict read knew less than one before the only copy was lost',
  },
  {
    seed: 92,
    faults: ALL_FAULTS,
    // The simulator was wrong: what one owner alone holds no write of another can cover.
    story: 'the last write of a key, where the last one wins, came before owners were equal',
  },
  {
    seed: 180,
    faults: ALL_FAULTS,
    // The checker was wrong. Shown by test/sim/copies.test.ts.
    story: "a stand-in's copy was delivered, and lost with the unsynced tail of its owner",
  },
  {
    seed: 217,
    faults: ALL_FAULTS,
    // The simulator was wrong: an exchange that lost a message ends ten seconds later.
    story: 'an exchange of before the end of the faults sent what had become equal meanwhile',
  },
  {
    seed: 39,
    faults: ALL_FAULTS,
    // Shown by test/store/group-commit.test.ts.
    story: 'a salvaged store was given a page of each Merkle tree as an operation of its own',
  },
  {
    seed: 308,
    faults: ALL_FAULTS,
    // The checker was wrong. Shown by test/sim/checkers.test.ts.
    story: 'a write of a key that was forgotten covers the tombstone that was removed',
  },
  {
    seed: 372,
    faults: ALL_FAULTS,
    // The simulator was wrong: who was wiped need not have a tombstone that others have marked.
    story: 'where the last writer wins, a write by an owner that was wiped left a marked tombstone',
  },
  {
    seed: 918,
    faults: ALL_FAULTS,
    // Shown by test/sim/purge.test.ts.
    story: 'an owner went back to an earlier marked tombstone in a power cut, and nobody noticed',
  },
  {
    seed: 2014,
    faults: ALL_FAULTS,
    // The simulator was wrong: it took the first try for the promise.
    story: 'a delete that found nothing was tried again, deleted, and lost its only copy',
  },
  {
    seed: 4146,
    faults: ALL_FAULTS,
    // The simulator was wrong: a partition may have more owners than a bucket's n.
    story: 'two of three owners lost their disks, one of them holding no copy of the key',
  },
  {
    seed: 4232,
    faults: ALL_FAULTS,
    // The checker was wrong. Shown by test/sim/retire.test.ts.
    story:
      'an owner let go of spent entries between its write and the answer, whose context has them',
  },
];
