/** Drops all that passes by a TCP port in one place of a network, with whatever tool is there. */
import {execFileSync} from 'node:child_process';
import type {Place} from './network.js';

type Tool = 'nft' | 'iptables';

const TABLE = 'quorate';

/** Why no port can be cut here; null when one can. For the title of a skipped test. */
export function noPacketFilterReason(): string | null {
  return toolHere() === null ? 'needs nft or iptables' : null;
}

/** From here on nothing passes by that port, in either direction. */
export function cutPort({enter}: Place, port: number): void {
  if (toolHere() === 'nft') {
    const chains = ['input', 'output'].flatMap(hook => [
      `chain ${hook} {`,
      `type filter hook ${hook} priority 0; policy accept;`,
      `tcp dport ${port} drop`,
      `tcp sport ${port} drop`,
      '}',
    ]);
    run(enter, 'nft', [['table', 'ip', TABLE, '{'].join(' '), ...chains, '}'].join('\n'));
    return;
  }

  for (const chain of ['INPUT', 'OUTPUT']) {
    for (const side of ['--dport', '--sport']) {
      const rule = ['-A', chain, '-p', 'tcp', side, String(port), '-j', 'DROP'];
      execFileSync(enter[0] ?? '', [...enter.slice(1), 'iptables', ...rule], {stdio: 'pipe'});
    }
  }
}

/** All ports of the place pass again. */
export function healPorts({enter}: Place): void {
  if (toolHere() === 'nft') {
    run(enter, 'nft', `table ip ${TABLE}\ndelete table ip ${TABLE}`);
  } else {
    execFileSync(enter[0] ?? '', [...enter.slice(1), 'iptables', '-F'], {stdio: 'pipe'});
  }
}

function toolHere(): Tool | null {
  const isHere = (tool: Tool) => {
    try {
      execFileSync(tool, ['--version'], {stdio: 'ignore'});
      return true;
    } catch {
      return false;
    }
  };
  return (['nft', 'iptables'] as const).find(isHere) ?? null;
}

function run(enter: readonly string[], tool: 'nft', script: string): void {
  const [program, ...args] = [...enter, tool, '-f', '-'];
  execFileSync(program, args, {input: `${script}\n`, stdio: ['pipe', 'pipe', 'pipe']});
}
