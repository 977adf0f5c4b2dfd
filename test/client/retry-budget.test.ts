import {fc, testProp} from '@fast-check/ava';
import {RetryBudget} from '../../src/client/retry-budget.js';

testProp(
  'budget: no more is spent than it held at first and half of the successes since',
  [fc.nat(50), fc.array(fc.boolean(), {minLength: 1, maxLength: 500})],
  (t, most, calls) => {
    const budget = new RetryBudget(most);
    let earned = 0;
    let spent = 0;
    for (const isSuccess of calls) {
      if (isSuccess) {
        budget.earn();
        earned += 1;
      } else if (budget.spend()) {
        spent += 1;
      }

      t.true(spent <= most + earned / 2);
    }
  },
);
