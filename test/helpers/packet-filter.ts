/** Drops all that passes by a TCP port in one place of a network, with whatever tool is there. */
import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {Place} from './network.js';

/** Not the PATH: under npm it begins with the packages, one of which has a program called nft. */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/bin'];
const TABLE = 'quorate';

const nft = programOf('nft');
const iptables = programOf('iptables');

/** Why no port can be cut here; null when one can. For the title of a skipped test. */
export function noPacketFilterReason(): string | null {
  return nft === null && iptables === null ? 'needs nft or iptables' : null;
}

/** From here on nothing passes by that port, in either direction. */
export function cutPort(place: Place, port: number): void {
  if (nft !== null) {
    const chains = ['input', 'output'].flatMap(hook => [
      `chain ${hook} {`,
      `type filter hook ${hook} priority 0; policy accept;`,
      `tcp dport ${port} drop`,
      `tcp sport ${port} drop`,
      '}',
    ]);
    run(place, [nft, '-f', '-'], [`table ip ${TABLE} {`, ...chains, '}'].join('\n'));
  } else if (iptables !== null) {
    for (const chain of ['INPUT', 'OUTPUT']) {
      for (const side of ['--dport', '--sport']) {
        run(place, [iptables, '-A', chain, '-p', 'tcp', side, String(port), '-j', 'DROP']);
      }
    }
  }
}

/** All ports of the place pass again. */
export function healPorts(place: Place): void {
  if (nft !== null) {
    run(place, [nft, 'delete', 'table', 'ip', TABLE]);
  } else if (iptables !== null) {
    run(place, [iptables, '-F']);
  }
}

function programOf(name: string): string | null {
  return FOLDERS.map(folder => join(folder, name)).find(existsSync) ?? null;
}

function run({enter}: Place, command: readonly string[], input = ''): void {
  const [program = '', ...args] = [...enter, ...command];
  execFileSync(program, args, {input: `${input}\n`, stdio: ['pipe', 'pipe', 'pipe']});
}
