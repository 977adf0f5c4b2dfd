/** CPU and memory of processes, as Linux tells them in /proc. Elsewhere nothing is told. */
import {readFileSync} from 'node:fs';
import type {Process} from '../systems/system.js';

/** The kernel tells CPU time in ticks of this many microseconds, on every Linux architecture. */
const TICK_US = 10_000;
const KIB = 1_024;

/** By the process's name. */
export type Usage = Readonly<Record<string, number>>;

/** Microseconds of CPU since each process began, all its threads together. */
export function cpuMicros(processes: readonly Process[]): Usage {
  return told(processes, pid => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses, and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system] = [fields[11], fields[12]];
    return (Number(user) + Number(system)) * TICK_US;
  });
}

/** Bytes of memory that each process occupies now. */
export function residentBytes(processes: readonly Process[]): Usage {
  return told(processes, pid => {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIB;
  });
}

/** Microseconds that all cores were busy with anything since the machine began; 0 if not told. */
export function machineMicros(): number {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
    // cpu user nice system idle iowait irq softirq steal, then guests, which are in user already.
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softirq + steal) * TICK_US;
  } catch {
    return 0;
  }
}

/** What `after` has more than `before`. */
export function spent(before: Usage, after: Usage): Usage {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? value)]),
  );
}

export const sum = (usage: Usage): number =>
  Object.values(usage).reduce((total, value) => total + value, 0);

function told(processes: readonly Process[], read: (pid: number) => number): Usage {
  const found: Record<string, number> = {};
  for (const {name, pid} of processes) {
    try {
      found[name] = read(pid);
    } catch {
      // It has ended, or this system has no /proc.
    }
  }

  return found;
}
