/**
 * Behaves towards `up` as a host does: says ready, ends in order on SIGTERM or when its parent is
 * gone. How it ends otherwise is told by a file `<data>.behaviour`, read at start: `exit CODE`,
 * `mute` (never ready) or `stubborn`.
 */
import {appendFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';

const {values} = parseArgs({
  options: {
    id: {type: 'string', default: ''},
    data: {type: 'string', default: ''},
    server: {type: 'string', default: ''},
    topology: {type: 'string', default: ''},
  },
});

const life = join(values.data, 'life');
mkdirSync(values.data, {recursive: true});
writeFileSync(join(values.data, 'pid'), String(process.pid));
const note = (what: string) => appendFileSync(life, `${what}\n`);
const behaviour = readOr(`${values.data}.behaviour`, '').trim();

const end = (why: string) => {
  note(why);
  process.exit(0);
};

note('start');
if (behaviour.startsWith('exit ')) {
  process.stdout.write(`${values.id} refuses to run\n`);
  process.exit(Number(behaviour.slice('exit '.length)));
}

const stubborn = behaviour === 'stubborn';
process.on('SIGTERM', () => (stubborn ? note('deaf') : end('stop')));
process.on('disconnect', () => end('orphan'));
if (behaviour !== 'mute') {
  process.send?.({type: 'ready', host: values.id});
}

setInterval(() => {}, 60_000);

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
