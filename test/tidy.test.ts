/**
 * The house rules that no linter knows, run over every source file. A finding is `file:line what`.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, posix} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';

/** This file is dist/test/tidy.test.js when it runs. */
const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const lineColumnsMax = 100;

type Source = {readonly path: string; readonly lines: readonly string[]; readonly code: string};

const sources: readonly Source[] = ['src', 'actors', 'test', 'bench', 'scripts', 'bin']
  .flatMap(filesBelow)
  .filter(path => /\.(ts|mjs|js)$/.test(path))
  .map(path => {
    const text = readFileSync(join(project, path), 'utf8');
    return {path, lines: text.split('\n'), code: withoutComments(text)};
  });

const inFolders = (...folders: string[]) =>
  sources.filter(({path}) => folders.some(folder => path.startsWith(`${folder}/`)));

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(join(project, folder), {withFileTypes: true}).flatMap(entry => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  } catch {
    return []; // Not every folder is there from the beginning.
  }
}

function blank(comment: string): string {
  return comment.replaceAll(/[^\n]/g, ' ');
}

/** Keeps the line breaks, so that a place in the result is a place in the file. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, blank).replaceAll(/(?<=^|\s)\/\/.*$/gm, blank);
}

const lineOf = (text: string, index: number) => text.slice(0, index).split('\n').length;

function findings(files: readonly Source[], pattern: RegExp, what: string): string[] {
  return files.flatMap(({path, code}) =>
    [...code.matchAll(pattern)].map(
      match => `${path}:${lineOf(code, match.index)} ${what}: ${match[0].trim()}`,
    ),
  );
}

/** What a file imports, with the paths of our own files resolved against the project. */
function importsOf({path, code}: Source): string[] {
  const imports = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g);
  return [...imports].map(([, target = '']) => resolveImport(path, target));
}

const resolveImport = (path: string, target: string) =>
  target.startsWith('.') ? posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts') : target;

test('tidy: there are sources to read', t => {
  t.true(inFolders('src').length > 10);
  t.true(inFolders('test').length > 1);
});

test('tidy: lines have at most 100 columns', t => {
  const long = sources.flatMap(({path, lines}) =>
    lines.flatMap((line, index) =>
      line.length > lineColumnsMax ? [`${path}:${index + 1} ${line.length} columns`] : [],
    ),
  );
  t.deepEqual(long, []);
});

test('tidy: a file opens with a comment on what it is', t => {
  const silent = inFolders('src', 'actors', 'scripts', 'bin')
    // What an actor can be told is read beside its machine, whose comment serves for both.
    .filter(({path}) => !path.endsWith('.messages.ts'))
    .filter(({lines}) => !(lines[0]?.startsWith('#!') ? lines[1] : lines[0])?.startsWith('/**'))
    .map(({path}) => path);
  t.deepEqual(silent, []);
});

test('tidy: no marker of unfinished work is left', t => {
  // Spelled so that this line is not found itself.
  const markers = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;
  const left = sources.flatMap(({path, lines}) =>
    lines.flatMap((line, index) => (markers.test(line) ? [`${path}:${index + 1}`] : [])),
  );
  t.deepEqual(left, []);
});

/** Where the world may be touched; everything else gets it handed in through a port. */
const worldly = /^(src\/(adapters|provision|cli)\/|src\/main\.ts$|scripts\/|bin\/|bench\/|test\/)/;
/** Pure functions that happen to live in Node. Bytes count as pure. */
const pureModules = new Set(['node:crypto', 'node:buffer', 'node:zlib', 'node:util']);

test('tidy: time, chance, timers and the environment come through ports only', t => {
  const pure = sources.filter(({path}) => !worldly.test(path));
  const world = [
    String.raw`\bnew Date\(\s*\)`,
    String.raw`\bDate\.now\b`,
    String.raw`(?<!\.)\bperformance\.`,
    String.raw`\bMath\.random\b`,
    // With a typed parameter it is a port's method that is defined, not a timer that is started.
    String.raw`(?<![.\w])(?:set|clear)(?:Timeout|Interval|Immediate)\((?!\s*\w+: )`,
    String.raw`\bglobalThis\b`,
    String.raw`\bqueueMicrotask\b`,
    String.raw`(?<![.\w'/-])process\.\w`,
    String.raw`\brandom(?:Bytes|UUID|Int|FillSync)\b`,
    String.raw`\bnew (?:WeakRef|FinalizationRegistry)\b`,
  ];
  t.deepEqual(findings(pure, new RegExp(world.join('|'), 'g'), 'not through a port'), []);
});

test('tidy: Node, NATS and RocksDB are imported by adapters only', t => {
  const wrong = sources
    .filter(({path}) => !worldly.test(path))
    .flatMap(source =>
      importsOf(source)
        .filter(target => /^(node:|@nats-io\/|nats$|rocksdb)/.test(target))
        .filter(target => !pureModules.has(target))
        .map(target => `${source.path} imports ${target}`),
    );
  t.deepEqual(wrong, []);
});

test('tidy: a machine imports xstate, machines, types and pure modules only', t => {
  const wrong = sources
    .filter(({path}) => path.endsWith('.machine.ts'))
    .flatMap(({path, code}) => {
      const statements = code.matchAll(/^import\s+(type\s)?[^;]*?from\s+'([^']+)'/gm);
      return [...statements]
        .filter(([, type]) => type === undefined)
        .map(([, , target = '']) => resolveImport(path, target))
        .filter(target => target !== 'xstate' && target !== 'src/ports/unbound.ts')
        .filter(target => !/^src\/|\.machine\.ts$/.test(target) || worldly.test(target))
        .map(target => `${path} imports ${target}`);
    });
  t.deepEqual(wrong, []);
});

test('tidy: actors and logic never import adapters, the command line or the simulator', t => {
  const wrong = inFolders('src', 'actors')
    .filter(({path}) => !worldly.test(path) && !path.startsWith('src/sim/'))
    .flatMap(source =>
      importsOf(source)
        .filter(target => /^src\/(adapters|provision|cli|sim)\/|^(test|bench)\//.test(target))
        // The client library connects by itself: it is used without our composition root.
        .filter(target => !(source.path.startsWith('src/client/') && target.includes('/adapters/')))
        .map(target => `${source.path} imports ${target}`),
    );
  t.deepEqual(wrong, []);
});

/** Started or imported by their path, never by an import statement. */
const entryPoints = new Set(['src/main.ts', 'src/client/index.ts', 'src/cli/up/broker-guard.ts']);

test('tidy: every source file is used by something that is not a test', t => {
  const users = inFolders('src', 'actors', 'bench', 'scripts', 'bin');
  const used = new Set(users.flatMap(importsOf));
  // Scripts load what the build made: dist/src/provision/broker.js is src/provision/broker.ts.
  const scripts = inFolders('scripts', 'bin')
    .map(({code}) => code)
    .join('\n');
  const dead = inFolders('src', 'actors')
    .map(({path}) => path)
    .filter(path => !path.endsWith('.d.ts'))
    .filter(path => !used.has(path) && !entryPoints.has(path))
    .filter(path => !scripts.includes(path.replace(/\.ts$/, '.js')));
  t.deepEqual(dead, []);
});

test('tidy: there is no default export and no barrel', t => {
  const files = inFolders('src', 'actors');
  t.deepEqual(findings(files, /^export default\b/gm, 'default export'), []);
  t.deepEqual(findings(files, /^export \*/gm, 'wildcard export'), []);
});
