/** A client on simulated time and network, among hosts that answer by a script. */
import {Client} from '../../src/client/client.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimNetwork} from '../../src/sim/network.js';
import {SimRandom} from '../../src/sim/random.js';
import type {SimTransport} from '../../src/sim/transport.js';
import {Subjects} from '../../src/subjects.js';
import {createTopology} from '../../src/topology/create.js';
import {publicTopology, serializeTopology} from '../../src/topology/document.js';
import {ownersOf} from '../../src/topology/lookup.js';
import {
  type ClientOp,
  type ClientResult,
  decodeClientRequest,
  encodeDone,
} from '../../src/wire/client-frames.js';

/** What a host makes of an operation: a protocol code and how many acks, or nothing at all. */
export type Script = (op: ClientOp) => readonly [code: number, acks: number] | null;

export const ok: Script = () => [200, 2];
export const silent: Script = () => null;

export type Received = {
  readonly host: string;
  readonly reply: string;
  readonly ops: readonly ClientOp[];
};

export class SimWorld {
  readonly clock = new SimClock();
  readonly network: SimNetwork;
  readonly subjects = new Subjects('quorate');
  /** All frames with operations in them, in the order they arrived. */
  readonly frames: Received[] = [];
  readonly client: Client;
  /** Owners of the first partition, in order of preference. */
  readonly owners: readonly string[];
  readonly #info: Buffer;

  /** Hosts are h1, h2, h3; those without a script are not there. */
  constructor(
    scripts: Readonly<Record<string, Script>>,
    {partitions = 1, ...config}: {inFlightMax?: number; partitions?: number} = {},
  ) {
    const random = new SimRandom(1);
    this.network = new SimNetwork({clock: this.clock, random: random.stream('network')});
    const hosts = ['h1', 'h2', 'h3'].map(id => ({id}));
    const {topology} = createTopology({hosts, partitions}, random);
    this.owners = ownersOf(topology, 0);
    this.#info = Buffer.from(serializeTopology(publicTopology(topology)));
    for (const [place, script] of Object.entries(scripts)) {
      this.start(this.owners[Number(place)] ?? '', script);
    }

    const transport = this.network.connect('client');
    this.client = new Client(
      {transport, clock: this.clock, random: random.stream('client')},
      {
        subjects: this.subjects,
        inboxPrefix: '_INBOX',
        timeoutMs: 2_000,
        inFlightMax: 100,
        ...config,
      },
    );
    this.pass(100);
  }

  start(host: string, script: Script): SimTransport {
    const transport = this.network.connect(host);
    transport.subscribe(this.subjects.info, {queue: 'hosts'}, ({reply}) =>
      transport.publish(reply, this.#info),
    );
    transport.subscribe(this.subjects.client(host), {}, ({payload, reply}) => {
      const request = decodeClientRequest(payload);
      if (request.kind !== 'ops' || request.ops.length === 0) {
        return;
      }

      this.frames.push({host, reply, ops: request.ops});
      const results = request.ops.flatMap(op => resultOf(op, script(op)));
      if (results.length > 0) {
        transport.publish(reply, encodeDone(results, 1));
      }
    });
    return transport;
  }

  pass(ms: number): void {
    this.clock.run(this.clock.nowMs() + ms);
  }

  /** Lets time pass until the call has ended, and tells how. */
  async ended<Value>(call: Promise<Value>): Promise<Value | Error> {
    const endings: Array<Value | Error> = [];
    call.then(
      value => endings.push(value),
      (error: Error) => endings.push(error),
    );
    const giveUpMs = this.clock.nowMs() + 100_000;
    for (;;) {
      const [ending] = endings;
      if (ending !== undefined) {
        return ending;
      }

      if (this.clock.nowMs() > giveUpMs) {
        throw new Error('the call never ends');
      }

      this.pass(1);
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
  }

  /** What was written under, in the order of arrival. */
  get ids(): string[] {
    return this.frames.flatMap(({ops}) => ops.map(op => op[5][4]));
  }

  /** Positions among the owners of the hosts that got frames. */
  get asked(): number[] {
    return this.frames.map(({host}) => this.owners.indexOf(host));
  }
}

function resultOf([no]: ClientOp, said: ReturnType<Script>): ClientResult[] {
  if (said === null) {
    return [];
  }

  const [code, acks] = said;
  const text = code === 200 ? '' : `the text of a ${code}`;
  return [[no, code, text, [], 'context', acks, 3, 'strict']];
}
