/** Hosts that are broken on purpose are caught by some seed, or the checkers are worth nothing. */
import test from 'ava';
import type {Storage, WriteOperation} from '../../src/ports/storage.js';
import {ALL_FAULTS} from '../../src/sim/faults.js';
import {runSeed} from '../../src/sim/run.js';
import {decodeIdentity, encodeIdentity, seal} from '../../src/store/identity.js';
import {identityKey} from '../../src/store/layout.js';
import {openRecord, sealRecord} from '../../src/store/record.js';

/** A storage that differs from another in some of its calls. */
function over(inner: Storage, differences: Partial<Storage>): Storage {
  return {
    open: done => inner.open(done),
    commit: (operations, options, done) => inner.commit(operations, options, done),
    read: (keys, done) => inner.read(keys, done),
    scan: (range, done) => inner.scan(range, done),
    condemn: (why, done) => inner.condemn(why, done),
    salvage: (why, salvager, done) => inner.salvage(why, salvager, done),
    close: done => inner.close(done),
    ...differences,
  };
}

/** Says synced when it has only written. */
const hasty = (inner: Storage): Storage =>
  over(inner, {commit: (operations, _, done) => inner.commit(operations, {sync: false}, done)});

/** Vouches for whatever it finds, so that vnodes go on under their old incarnations. */
const forgetful = (inner: Storage): Storage =>
  over(inner, {
    open: done =>
      inner.open((error, report) => done(error, report === null ? null : {...report, clean: true})),
    commit: (operations, options, done) => inner.commit(operations.map(sealed), options, done),
  });

const IDENTITY_KIND = identityKey(0)[0];

function sealed({key, value}: WriteOperation): WriteOperation {
  const content = key[0] !== IDENTITY_KIND || value === null ? null : openRecord(key, value);
  const identity = content === null ? null : decodeIdentity(content);
  return {key, value: identity === null ? value : sealRecord(key, encodeIdentity(seal(identity)))};
}

/** Takes a failed commit for a good one. */
const careless = (inner: Storage): Storage =>
  over(inner, {
    commit: (operations, options, done) => inner.commit(operations, options, () => done(null)),
  });

const isCaught = test.macro((t, tamper: (storage: Storage) => Storage, complaint: RegExp) => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const {violations} = runSeed(seed, {faults: ALL_FAULTS, tamper});
    if (violations.some(violation => complaint.test(violation))) {
      t.pass(`seed ${seed}`);
      return;
    }
  }

  t.fail('30 seeds saw nothing wrong');
});

test(
  'broken: an acknowledgement before the sync is caught',
  isCaught,
  hasty,
  /acknowledged .* hosts have it/,
);
test('broken: an incarnation kept after a crash is caught', isCaught, forgetful, /let go of/);
test(
  'broken: a failed commit that is acknowledged is caught',
  isCaught,
  careless,
  /acknowledged .* hosts have it/,
);
