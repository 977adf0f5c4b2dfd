import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {runSeeds, type SeedReport} from '../../src/cli/sim/pool.js';
import {ALL_FAULTS} from '../../src/sim/faults.js';
import {MUTANTS} from './mutants/all.js';
import {buildMutant, mutatedCode} from './mutants/build.js';
import {mutate} from './mutants/mutant.js';

test('mutants: each has a name of its own and finds its text exactly once in the build', t => {
  t.is(new Set(MUTANTS.map(({name}) => name)).size, MUTANTS.length);
  for (const mutant of MUTANTS) {
    t.notThrows(() => mutatedCode(mutant), mutant.name);
  }
});

test('mutants: one whose text is missing, or there twice, fails loudly', t => {
  const mutant = {name: 'm', file: 'f', find: 'a', replace: 'b', story: ''};
  t.is(mutate('xax', mutant), 'xbx');
  t.throws(() => mutate('x', mutant), {message: /0 times/});
  t.throws(() => mutate('aa', mutant), {message: /2 times/});
});

test('mutants: a broken build is noticed in a few seeds, and leaves nothing behind', async t => {
  const [mutant] = MUTANTS.filter(({name}) => name === 'acknowledge-before-commit');
  const {workerUrl, remove} = buildMutant(mutant!);
  const reports: SeedReport[] = [];
  const onReport = (report: SeedReport) => {
    reports.push(report);
    return report.passed;
  };
  await runSeeds({start: 1, seeds: 20, faults: ALL_FAULTS, threads: 1, workerUrl, onReport});
  remove();
  t.false(reports.at(-1)?.passed);
  t.false(existsSync(fileURLToPath(workerUrl)));
});
