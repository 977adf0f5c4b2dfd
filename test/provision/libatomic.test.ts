import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {ensureLibatomic, withLibraries} from '../../src/provision/libatomic.js';
import {temporaryFolder} from '../temporary.js';

const talk = () => {};
const loads = async () => null;
const loadsNot = async () => 'wrong ELF class';
const needsFolder = async (env: NodeJS.ProcessEnv) =>
  env['LD_LIBRARY_PATH'] === undefined ? 'libatomic.so.1: cannot open shared object file' : null;

test('libatomic: nothing is done where the system has it', async t => {
  const cacheDir = join(temporaryFolder(t), 'cache');
  const tryLoading = async () => t.fail('nothing should be loaded');
  t.is(await ensureLibatomic({env: {}, talk, cacheDir, onSystem: () => true, tryLoading}), null);
  t.false(existsSync(cacheDir));
});

test('libatomic: nothing is done where the engine loads without it', async t => {
  const cacheDir = join(temporaryFolder(t), 'cache');
  t.is(
    await ensureLibatomic({env: {}, talk, cacheDir, onSystem: () => false, tryLoading: loads}),
    null,
  );
});

test('libatomic: the folder of the cache is returned once loading with it was tried', async t => {
  const cacheDir = temporaryFolder(t);
  mkdirSync(join(cacheDir, 'lib'));
  writeFileSync(join(cacheDir, 'lib', 'libatomic.so.1'), '');
  const options = {env: {}, talk, cacheDir, onSystem: () => false};
  t.is(await ensureLibatomic({...options, tryLoading: needsFolder}), join(cacheDir, 'lib'));
  await t.throwsAsync(ensureLibatomic({...options, tryLoading: loadsNot}), {
    name: 'ProvisionProblem',
    message: /wrong ELF class[^]*libatomic1/,
  });
});

test('libatomic: where it cannot be fetched the message names the package', async t => {
  const folder = temporaryFolder(t);
  const options = {env: {PATH: folder}, talk, cacheDir: folder, onSystem: () => false};
  await t.throwsAsync(ensureLibatomic({...options, tryLoading: needsFolder}), {
    name: 'ProvisionProblem',
    message: /apt-get install libatomic1/,
  });
});

test('libatomic: its folder comes first in the library path, once', t => {
  t.deepEqual(withLibraries({A: 'b'}, null), {A: 'b'});
  t.deepEqual(withLibraries({}, '/c/lib'), {LD_LIBRARY_PATH: '/c/lib'});
  t.deepEqual(withLibraries({LD_LIBRARY_PATH: '/x'}, '/c/lib'), {LD_LIBRARY_PATH: '/c/lib:/x'});
  const known = {LD_LIBRARY_PATH: '/x:/c/lib'};
  t.is(withLibraries(known, '/c/lib'), known);
});
