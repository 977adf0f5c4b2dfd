/** Confining needs root and control groups. Without them the title says why it is skipped. */
import {spawnSync} from 'node:child_process';
import test from 'ava';
import {limitMemory} from '../../bench/stage/memory-limit.js';

const MIB = 1024 * 1024;
const name = `quorate-test-${process.pid}`;
const refusal = tryOnce();
const confined = refusal === '' ? test : test.skip;
const why = refusal === '' ? '' : ` (skipped: ${refusal})`;

function tryOnce(): string {
  try {
    limitMemory(`${name}-try`, 64 * MIB).remove();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

confined(`memory limit: a process is confined before it runs, and cannot take more${why}`, t => {
  const limit = limitMemory(name, 128 * MIB);
  const run = (program: string) => {
    const [shell = '', ...args] = limit.wrap;
    return spawnSync(shell, [...args, process.execPath, '--eval', program], {encoding: 'utf8'});
  };
  try {
    const told = run('console.log(require("fs").readFileSync("/proc/self/cgroup", "utf8"))');
    t.true(told.stdout.includes(name), told.stderr);
    t.is(run('Buffer.alloc(1024 * 1024, 1)').status, 0);
    t.is(run('Buffer.alloc(512 * 1024 * 1024, 1)').signal, 'SIGKILL');
  } finally {
    limit.remove();
  }
});
