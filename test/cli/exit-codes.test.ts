import test from 'ava';
import {describeExit, ExitCode, isIncurable} from '../../src/cli/exit-codes.js';

test('exit codes: a host whose store was found damaged is started again, to salvage it', t => {
  t.false(isIncurable(ExitCode.storeCorrupt));
  t.regex(describeExit(ExitCode.storeCorrupt, null), /70: .*damaged.* salvages/);
});

test('exit codes: a host that would be refused again is not started again', t => {
  for (const code of [ExitCode.usage, ExitCode.storeLocked, ExitCode.configuration]) {
    t.true(isIncurable(code));
  }
});
