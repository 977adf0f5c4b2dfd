/**
 * A network of our own: a bridge, and a network namespace for each place on it, with cuts between
 * any two of them, one way or both.
 *
 *   const network = Network.create(t, ['broker', 'h1', 'h2']);
 *   network.cut('h1', 'broker');
 *
 * A cut sends what goes to an address to a hardware address that nobody has: frames vanish on the
 * wire, and neither side is told. No packet filter is needed for that.
 *
 * Invariants:
 *   1. It is gone when the test is over; what a process left behind that was killed is removed by
 *      the next one. The names hold the process id.
 *   2. Addresses are of 198.18.0.0/15, which is reserved for tests (RFC 2544), and reach nothing
 *      but this machine.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {threadId} from 'node:worker_threads';
import type {ExecutionContext} from 'ava';

/** Where a process can be started so that it is in that place. */
export type Place = {
  readonly name: string;
  readonly address: string;
  /** A command that runs another one there, in the same process. */
  readonly enter: readonly string[];
};

type Teardown = Pick<ExecutionContext, 'teardown'>;

const NAMESPACES = '/run/netns';
const PREFIX = 'quorate-';
/** Nobody has it: it is locally administered, and the kernel draws others by chance. */
const NOWHERE = '02:00:00:00:00:01';
/** Of the 8,192 subnets with 14 addresses each. */
const SUBNETS = 8_192;
const PLACES_MAX = 13;

let created = 0;

/** Why there can be no such network here; null when there can. For the title of a skipped test. */
export function noNetworkReason(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'needs root on Linux';
  }

  for (const tool of ['ip', 'nsenter']) {
    try {
      execFileSync(tool, ['-V'], {stdio: 'ignore'});
    } catch {
      return `needs ${tool}`;
    }
  }

  try {
    const network = new Network(['probe']);
    network.remove();
    return null;
  } catch {
    return 'cannot make network namespaces here';
  }
}

export class Network {
  /** In all names: process, thread and number, as short as names of interfaces have to be. */
  readonly #id: string;
  readonly #places = new Map<string, Place>();
  readonly #cuts = new Set<string>();

  static create(t: Teardown, names: readonly string[]): Network {
    const network = new Network(names);
    t.teardown(() => network.remove());
    return network;
  }

  constructor(names: readonly string[]) {
    if (names.length > PLACES_MAX) {
      throw new RangeError(`a network has at most ${PLACES_MAX} places`);
    }

    removeStale();
    created += 1;
    this.#id = [process.pid, threadId, created].map(no => no.toString(36)).join('-');
    const bridge = `qb${this.#id}`;
    const subnet = freeSubnet();
    try {
      ip('link', 'add', bridge, 'type', 'bridge');
      ip('addr', 'add', `${subnet(1)}/28`, 'dev', bridge);
      ip('link', 'set', bridge, 'up');
      names.forEach((name, index) => this.#add(name, subnet(index + 2), index));
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  place(name: string): Place {
    const place = this.#places.get(name);
    if (place === undefined) {
      throw new TypeError(`the network has no place ${name}`);
    }

    return place;
  }

  /** Nothing passes between the two, in either direction. */
  cut(a: string, b: string): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** Nothing passes from the one to the other. The other way all does. */
  cutOneWay(from: string, to: string): void {
    const {address} = this.place(to);
    const entry = [address, 'lladdr', NOWHERE, 'dev', 'eth0', 'nud', 'permanent'];
    this.#in(from, 'neigh', 'replace', ...entry);
    this.#cuts.add(`${from} ${to}`);
  }

  /** All cuts are over, or only those from and to one place. */
  heal(name?: string): void {
    for (const cut of this.#cuts) {
      const [from = '', to = ''] = cut.split(' ');
      if (name === undefined || from === name || to === name) {
        this.#in(from, 'neigh', 'del', this.place(to).address, 'dev', 'eth0');
        this.#cuts.delete(cut);
      }
    }
  }

  /** May be called in any state. */
  remove(): void {
    for (const {name} of this.#places.values()) {
      quietly('netns', 'del', this.#namespaceOf(name));
    }

    this.#places.clear();
    quietly('link', 'del', `qb${this.#id}`);
  }

  #add(name: string, address: string, index: number): void {
    const namespace = this.#namespaceOf(name);
    const port = `q${this.#id}-${index.toString(36)}`;
    ip('netns', 'add', namespace);
    this.#places.set(name, {
      name,
      address,
      enter: ['nsenter', `--net=${NAMESPACES}/${namespace}`, '--'],
    });
    ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
    ip('link', 'set', port, 'master', `qb${this.#id}`, 'up');
    this.#in(name, 'addr', 'add', `${address}/28`, 'dev', 'eth0');
    this.#in(name, 'link', 'set', 'eth0', 'up');
    this.#in(name, 'link', 'set', 'lo', 'up');
  }

  #in(name: string, ...command: readonly string[]): void {
    ip('-n', this.#namespaceOf(name), ...command);
  }

  #namespaceOf(name: string): string {
    return `${PREFIX}${this.#id}-${name}`;
  }
}

/** Of processes that are no more. */
function removeStale(): void {
  const isStale = (name: string, prefix: string) => {
    const pid = new RegExp(`^${prefix}([a-z0-9]+)-`).exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${Number.parseInt(pid, 36)}`);
  };
  const namespaces = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : [];
  for (const name of namespaces.filter(known => isStale(known, PREFIX))) {
    quietly('netns', 'del', name);
  }

  for (const name of readdirSync('/sys/class/net').filter(known => isStale(known, 'qb'))) {
    quietly('link', 'del', name);
  }
}

/** Gives the address with this number in a subnet that nothing on this machine uses. */
function freeSubnet(): (no: number) => string {
  const used = execFileSync('ip', ['-o', '-4', 'addr'], {encoding: 'utf8'});
  for (let offset = 0; offset < SUBNETS; offset += 1) {
    const subnet = (process.pid * 64 + threadId * 4 + created + offset) % SUBNETS;
    const address = (no: number) =>
      `198.${18 + (subnet >> 12)}.${(subnet >> 4) & 255}.${(subnet & 15) * 16 + no}`;
    if (!used.includes(` ${address(1)}/`)) {
      return address;
    }
  }

  throw new Error('no subnet is free');
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, {stdio: 'pipe'});
}

function quietly(...args: readonly string[]): void {
  try {
    ip(...args);
  } catch {
    // It is gone already.
  }
}
