/** A copy of the build with one mutation, in a temporary folder. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {mutate, type Mutant} from './mutant.js';

/** This file is dist/test/sim/mutants/build.js when it runs. */
const DIST = fileURLToPath(new URL('../../../', import.meta.url));
const MODULES = join(dirname(join(DIST, '.')), 'node_modules');

export type MutantBuild = {readonly workerUrl: URL; readonly remove: () => void};

export function buildMutant(mutant: Mutant): MutantBuild {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-mutant-'));
  const dist = join(folder, 'dist');
  mkdirSync(dist);
  for (const part of ['src', 'actors']) {
    const filter = (path: string) => !path.endsWith('.map') && !path.endsWith('.d.ts');
    cpSync(join(DIST, part), join(dist, part), {recursive: true, filter});
  }

  writeFileSync(join(folder, 'package.json'), '{"type": "module"}\n');
  symlinkSync(MODULES, join(folder, 'node_modules'));
  writeFileSync(join(dist, mutant.file), mutatedCode(mutant));
  return {
    workerUrl: pathToFileURL(join(dist, 'src', 'cli', 'sim', 'seed-worker.js')),
    remove: () => rmSync(folder, {recursive: true, force: true}),
  };
}

export function mutatedCode(mutant: Mutant): string {
  return mutate(readFileSync(join(DIST, mutant.file), 'utf8'), mutant);
}
