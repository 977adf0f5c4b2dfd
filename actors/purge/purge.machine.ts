/**
 * Purge: forgets what was deleted, and incarnations that are gone, by proof and never by a timer
 * alone (T10, T11).
 *
 *   resting --pause--> sweeping --swept--> marking --marked--> resting
 *   resting --pause, marks are old enough--> settling --settled--> removing --removed--> resting
 *                                            settling --unsettled--> resting
 *
 * A key whose object is nothing but tombstones becomes nothing, in two steps.
 *
 *   1. Marking. All owners of the key say that they hold exactly this object, or nothing, and it is
 *      older than any request and any retry may be. Then each marks it, durably. A marked object
 *      weighs nothing in the Merkle tree and is never sent by repair, so that owners that have
 *      removed it and owners that have not are equal. It still meets older copies as what it is;
 *      and meeting anything but its equal takes the mark away (actors/vnode/decide.ts).
 *   2. Removing. Marks have stood as long once more, and every host of the cluster has said that
 *      nothing is kept for the partition, then that all it had under way has arrived, and then
 *      again that nothing was kept meanwhile (barrier.ts). All owners say that they hold the marked
 *      object still, or nothing. Then they remove it; whoever leads is the last, so that what is
 *      left to do is always found again.
 *
 * Why it is safe. To bring a deleted value back somebody must hold a copy that is older than the
 * tombstone. Owners hold the tombstone itself or nothing (1), and say so again behind the barrier.
 * Copies in memory or under way have arrived by then: at owners, where they have taken the mark
 * away or are what the owner says to hold, or as hints, and there are none. Copies are made from
 * copies alone, so from then on there never is one again.
 * Nothing newer is lost: only a marked object is removed, and whatever else an owner learns takes
 * the mark away; a write whose vector lacks what was forgotten only fails to cover what is not
 * there. Dots are counted by vnode and never by key, so a tombstone that comes back late (it is a
 * copy too) covers no later write (T3, T12).
 *
 * An object that stays is kept from growing in the same way: its vector may name incarnations of
 * which no sibling carries a dot any more, and all that such an entry still does is to keep older
 * copies from being taken for news. Behind a barrier there are none, once all owners have said,
 * amid it, that they have seen what the entries cover and carry nothing of it. No mark is needed
 * for that: whoever has said so takes in no older copy after it, whatever is written meanwhile, and
 * the barrier passes only where no host was started anew since and all have synced. An owner whose
 * entries went before another's is sent them back, at worst: then they are retired again.
 *
 * Failures. Every step may be repeated, by anybody: each owner decides by what it holds at that
 * moment. While a host is down, cut off or at another epoch, or an owner joins, nobody can say what
 * it keeps, and nothing is marked or removed (T14). Whoever leads and crashes finds marks again
 * when it sweeps; marks that only others have left are seen to by those, later. An owner that
 * missed a mark is told again; until then its tree differs, and repair sends it nothing worse than
 * the tombstone.
 *
 * Invariants:
 *   1. One thing at a time is under way, and after each it rests.
 *   2. Nothing is removed but behind a barrier that began after it was marked everywhere, and no
 *      entry is retired but behind one amid which all owners called it spent.
 *
 * (Riak's reaper: docs of riak_kv, ReapErase; Scylla's repair-based tombstone GC and its #23712.)
 */
import {setup} from 'xstate';
import {unbound, unboundDelay, unboundGuard} from '../../src/ports/unbound.js';
import type {PurgeEvent} from './purge.messages.js';

export const purgeMachine = setup({
  types: {events: {} as PurgeEvent},
  actions: {
    begin: unbound<undefined>('begin'),
    sweep: unbound<undefined>('sweep'),
    mark: unbound<undefined>('mark'),
    settle: unbound<undefined>('settle'),
    remove: unbound<undefined>('remove'),
  },
  delays: {pause: unboundDelay('pause')},
  guards: {isDue: unboundGuard('isDue')},
}).createMachine({
  id: 'purge',
  entry: 'begin',
  initial: 'resting',
  on: {'purge.stop': '.stopped'},
  states: {
    resting: {after: {pause: [{guard: 'isDue', target: 'settling'}, {target: 'sweeping'}]}},
    sweeping: {entry: 'sweep', on: {'purge.swept': 'marking'}},
    marking: {entry: 'mark', on: {'purge.marked': 'resting'}},
    settling: {
      entry: 'settle',
      on: {'purge.settled': 'removing', 'purge.unsettled': 'resting'},
    },
    removing: {entry: 'remove', on: {'purge.removed': 'resting'}},
    stopped: {type: 'final'},
  },
});
