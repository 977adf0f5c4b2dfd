/**
 * Afflictions: what each kind of fault does to a simulated cluster, and how it ends. Chance picks
 * the victim and the details; when something happens is decided elsewhere (nemesis.ts).
 */
import {FAILPOINTS} from '../failpoints.js';
import type {Clock} from '../ports/clock.js';
import {placeOfKey} from '../store/layout.js';
import type {SimCluster} from './cluster.js';
import type {FaultEvent} from './faults.js';
import type {Cut} from './network.js';
import type {SimRandom} from './random.js';
import {bulkOf, type SimHost} from './sim-host.js';
import type {Swarm} from './swarm.js';

export type AfflictionParts = {
  readonly cluster: SimCluster;
  readonly clock: Clock;
  readonly swarm: Swarm;
  readonly tell: (what: string) => void;
  /** False once all was healed: what was to end then has ended. */
  readonly isActive: () => boolean;
};

/** False when there was nobody to strike. */
type Strike = (random: SimRandom) => boolean;

export class Afflictions {
  readonly #strikes: Readonly<Record<FaultEvent, Strike>> = {
    cut: random => this.#cut(random),
    broker: random => this.#loseBroker(random),
    crash: random => this.#crash([this.#anyHost(random)], random),
    blackout: random => this.#crash(this.parts.cluster.hosts, random),
    stop: random => this.#stop(random),
    failpoint: random => this.#arm(random),
    freeze: random => this.#freeze(random),
    stall: random => this.#stall(random),
    'failed commit': random => this.#failCommit(random),
    'full disk': random => this.#fillDisk(random),
    'read fault': random => this.#failReads(random),
    rot: random => this.#rot(random),
    wipe: random => this.#wipe(random),
    'clock jump': random => this.#jump(random),
  };

  constructor(private readonly parts: AfflictionParts) {}

  strike(kind: FaultEvent, random: SimRandom): boolean {
    return this.#strikes[kind](random);
  }

  #anyHost(random: SimRandom): SimHost {
    return random.pick(this.parts.cluster.hosts);
  }

  #later(forMs: number, end: () => void): void {
    this.parts.clock.setTimeout(() => {
      if (this.parts.isActive()) {
        end();
      }
    }, forMs);
  }

  /** Now and then of one of the two connections only. */
  #cut(random: SimRandom): boolean {
    const {tell, cluster} = this.parts;
    const {network} = cluster;
    const {id} = this.#anyHost(random);
    const both = [id, bulkOf(id)];
    const names = random.chance(0.7) ? both : [random.pick(both)];
    const which = random.pick<Cut>(['both', 'toBroker', 'fromBroker']);
    const cut = names.filter(name => network.names.includes(name));
    tell(`${cut.join(' and ')} is cut: ${which}`);
    for (const name of cut) {
      network.cut(name, which);
    }

    this.#later(random.pick([random.between(10, 500), random.between(500, 8_000)]), () => {
      for (const name of cut) {
        // The end of one cut may be what ends a host's other connection.
        if (network.isCut(name)) {
          network.heal(name);
        }
      }
    });
    return cut.length > 0;
  }

  #loseBroker(random: SimRandom): boolean {
    const {cluster, tell} = this.parts;
    tell('the broker is gone');
    cluster.network.loseBroker();
    this.#later(random.pick([random.between(20, 300), random.between(500, 4_000)]), () => {
      tell('the broker is back');
      cluster.network.restoreBroker();
    });
    return true;
  }

  #crash(victims: readonly SimHost[], random: SimRandom): boolean {
    const loseUnsynced = random.chance(0.5);
    const alive = victims.filter(({state}) => state !== 'down');
    for (const host of alive) {
      host.crash({loseUnsynced});
    }

    return alive.length > 0;
  }

  #stop(random: SimRandom): boolean {
    const host = this.#anyHost(random);
    const canStop = host.state === 'up' && !host.isFrozen;
    if (canStop) {
      host.stop();
    }

    return canStop;
  }

  #arm(random: SimRandom): boolean {
    const name = random.pick(FAILPOINTS);
    const action = random.pick(['crash', 'crash', 'exit'] as const);
    const {id, running} = this.#anyHost(random);
    const times = 1 + random.below(2);
    if (running !== null) {
      this.parts.tell(`${id} will ${action} at ${name}`);
      running.failpoints.arm(name, action, times);
    }

    return running !== null;
  }

  #freeze(random: SimRandom): boolean {
    const host = this.#anyHost(random);
    const forMs = random.pick([random.between(100, 1_000), random.between(1_000, 5_000)]);
    const canFreeze = host.state === 'up' && !host.isFrozen;
    if (canFreeze) {
      host.freeze();
      this.#later(forMs, () => host.thaw());
    }

    return canFreeze;
  }

  #stall(random: SimRandom): boolean {
    const {disk, id} = this.#anyHost(random);
    this.parts.tell(`the disk of ${id} stalls`);
    disk.hold();
    this.#later(random.between(20, 900), () => disk.release());
    return true;
  }

  #failCommit(random: SimRandom): boolean {
    const {disk, id} = this.#anyHost(random);
    const code = random.pick(['FULL', 'FULL', 'IO'] as const);
    const applied = random.chance(0.5);
    this.parts.tell(`${id} will fail a commit with ${code}${applied ? ', applied' : ''}`);
    disk.failNextCommit(code, {applied});
    return true;
  }

  #fillDisk(random: SimRandom): boolean {
    const {disk, id} = this.#anyHost(random);
    this.parts.tell(`the disk of ${id} is full`);
    disk.fill();
    this.#later(random.pick([random.between(20, 900), random.between(900, 5_000)]), () => {
      this.parts.tell(`the disk of ${id} has room`);
      disk.makeRoom();
    });
    return true;
  }

  #failReads(random: SimRandom): boolean {
    const {disk, id} = this.#anyHost(random);
    const isLasting = random.chance(0.3);
    this.parts.tell(`${id} will fail ${isLasting ? 'every read' : 'a read'}`);
    if (isLasting) {
      disk.failReads('IO');
      this.#later(random.between(20, 1_500), () => disk.failReads(null));
    } else {
      disk.failNextRead('IO');
    }

    return true;
  }

  #rot(random: SimRandom): boolean {
    const {cluster, tell} = this.parts;
    const {disk, id} = this.#anyHost(random);
    let rotten: Uint8Array[] = [];
    cluster.witness.losses.losing(id, {isNoticed: true}, () => {
      rotten = disk.rot(1);
    });
    for (const place of rotten.map(placeOfKey)) {
      tell(`${id}: a bit flips in ${JSON.stringify(place)}`);
    }

    return rotten.length > 0;
  }

  #wipe(random: SimRandom): boolean {
    const {cluster, tell} = this.parts;
    const host = this.#anyHost(random);
    tell(`the disk of ${host.id} is replaced by an empty one`);
    host.crash({loseUnsynced: false});
    cluster.witness.losses.losing(host.id, {isNoticed: true}, () => host.disk.wipe());
    return true;
  }

  #jump(random: SimRandom): boolean {
    const host = this.#anyHost(random);
    const most = this.parts.swarm.jumpMsMax;
    const byMs = Math.round(random.between(-most, most));
    this.parts.tell(`the clock of ${host.id} jumps by ${byMs} ms`);
    host.jump(byMs);
    return true;
  }
}
