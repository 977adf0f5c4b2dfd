/** All mutants, in the order of the table. */
import type {Mutant} from './mutant.js';
import {acknowledgeBeforeCommit} from './list/acknowledge-before-commit.js';
import {acknowledgeBeforeSync} from './list/acknowledge-before-sync.js';
import {amnesiaUnnoticed} from './list/amnesia-unnoticed.js';
import {forwardTheIntent} from './list/forward-the-intent.js';
import {gatheredBatchSurvives} from './list/gathered-batch-survives.js';
import {hintDropped} from './list/hint-dropped.js';
import {identityKept} from './list/identity-kept.js';
import {incarnationsUnfenced} from './list/incarnations-unfenced.js';
import {joinsAtOnce} from './list/joins-at-once.js';
import {leafForgotten} from './list/leaf-forgotten.js';
import {leaseNotHonoured} from './list/lease-not-honoured.js';
import {leavesNotReread} from './list/leaves-not-reread.js';
import {lwwCoverOff} from './list/lww-cover-off.js';
import {markSurvivesNews} from './list/mark-survives-news.js';
import {mergeDropsASibling} from './list/merge-drops-a-sibling.js';
import {nothingWasApplied} from './list/nothing-was-applied.js';
import {pendingShown} from './list/pending-shown.js';
import {pruneAClock} from './list/prune-a-clock.js';
import {purgeByTimer} from './list/purge-by-timer.js';
import {purgeWithoutBarrier} from './list/purge-without-barrier.js';
import {readErrorIsAbsence} from './list/read-error-is-absence.js';
import {readNotConfirmed} from './list/read-not-confirmed.js';
import {refusalCounted} from './list/refusal-counted.js';
import {repairFindsNothing} from './list/repair-finds-nothing.js';
import {repairWithoutTheDots} from './list/repair-without-the-dots.js';
import {retireUnasked} from './list/retire-unasked.js';
import {retryUnrecognised} from './list/retry-unrecognised.js';
import {salvageKeepsIdentities} from './list/salvage-keeps-identities.js';
import {sloppyWhereStrict} from './list/sloppy-where-strict.js';
import {slotCountedTwice} from './list/slot-counted-twice.js';
import {standInAbsenceCounted} from './list/stand-in-absence-counted.js';
import {weakCalledStrict} from './list/weak-called-strict.js';

export const MUTANTS: readonly Mutant[] = [
  acknowledgeBeforeCommit,
  acknowledgeBeforeSync,
  forwardTheIntent,
  pruneAClock,
  repairWithoutTheDots,
  amnesiaUnnoticed,
  incarnationsUnfenced,
  gatheredBatchSurvives,
  lwwCoverOff,
  retryUnrecognised,
  identityKept,
  leaseNotHonoured,
  refusalCounted,
  pendingShown,
  slotCountedTwice,
  readErrorIsAbsence,
  mergeDropsASibling,
  leafForgotten,
  leavesNotReread,
  nothingWasApplied,
  weakCalledStrict,
  hintDropped,
  standInAbsenceCounted,
  sloppyWhereStrict,
  purgeByTimer,
  purgeWithoutBarrier,
  markSurvivesNews,
  retireUnasked,
  joinsAtOnce,
  salvageKeepsIdentities,
  repairFindsNothing,
  readNotConfirmed,
];
