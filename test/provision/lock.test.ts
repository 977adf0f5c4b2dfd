import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {identify, isAlive, tryLock} from '../../src/provision/lock.js';
import {temporaryFolder} from '../temporary.js';

const deadProcess = async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const {pid = 0} = child;
  const id = identify(pid);
  await once(child, 'exit');
  return id;
};

test('lock: while its holder lives, nobody else gets it', t => {
  const path = join(temporaryFolder(t), 'lock');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  t.teardown(() => child.kill('SIGKILL'));
  const holder = identify(child.pid ?? 0);
  writeFileSync(path, JSON.stringify({holder}));
  t.deepEqual(tryLock(path), {holder});
  t.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {holder});
});

test('lock: one whose holder is dead is taken over, with its note', async t => {
  const path = join(temporaryFolder(t), 'lock');
  const holder = await deadProcess();
  t.false(isAlive(holder));
  writeFileSync(path, JSON.stringify({holder, note: ['left']}));
  const lock = tryLock(path);
  t.true('release' in lock);
  t.deepEqual('inherited' in lock && lock.inherited, ['left']);
});

test('lock: one whose holder is dead is taken over when another has its number', t => {
  const path = join(temporaryFolder(t), 'lock');
  // The test's parent lives, and started at another time than this says.
  writeFileSync(path, JSON.stringify({holder: {pid: process.ppid, started: '1'}}));
  t.true('release' in tryLock(path));
});

test('lock: the same process does not get it twice', t => {
  const path = join(temporaryFolder(t), 'lock');
  t.true('release' in tryLock(path));
  t.deepEqual(tryLock(path), {holder: identify(process.pid)});
});

test('lock: a file that holds no lock is taken over', t => {
  const path = join(temporaryFolder(t), 'lock');
  writeFileSync(path, 'half a li');
  t.true('release' in tryLock(path));
});

test('lock: is gone after its release, and nothing is left beside it', t => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'inner', 'lock');
  const lock = tryLock(path);
  t.true(existsSync(path));
  if ('release' in lock) {
    lock.note({some: 'thing'});
    lock.release();
  }

  t.false(existsSync(path));
});
