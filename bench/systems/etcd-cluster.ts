/**
 * Three etcd nodes. Defaults, but for two limits without which a long run would end by itself:
 * history is compacted, and the database may grow to 8 GB.
 *
 * Clients are sent to the leader: the nearest they can be.
 */
import {execFile} from 'node:child_process';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {Etcd3} from 'etcd3';
import {findServers} from '../../src/provision/find-program.js';
import {freePort, type Stage} from '../stage/stage.js';
import {until} from '../stage/wait.js';
import type {Cluster} from './system.js';

const run = promisify(execFile);
const NODES = 3;

type Node = {readonly name: string; readonly client: string; readonly peer: string};

/** The program, or null when it is not installed. */
export const findEtcd = (): string | null => findServers('etcd', process.env)[0] ?? null;

export async function startEtcd(stage: Stage, folder: string): Promise<Cluster> {
  const program = findEtcd();
  if (program === null) {
    throw new Error('etcd is not installed (Debian: apt-get install etcd-server)');
  }

  await mkdir(folder, {recursive: true});
  const nodes: Node[] = [];
  for (let no = 1; no <= NODES; no++) {
    const [client, peer] = [await freePort(), await freePort()];
    const url = (port: number) => `http://127.0.0.1:${port}`;
    nodes.push({name: `e${no}`, client: url(client), peer: url(peer)});
  }

  const children = nodes.map(node =>
    stage.start({name: `node ${node.name}`, command: [program, ...optionsOf(node, nodes, folder)]}),
  );
  const leading = until('an etcd leader', stage.signal, () => leaderOf(nodes));
  const leader = await Promise.race([leading, ...children.map(child => child.failure())]);
  const {stdout} = await run(program, ['--version']);
  return {
    processes: children.map(({name, pid}) => ({name, pid})),
    versions: {etcd: /etcd Version: (\S+)/.exec(stdout)?.[1] ?? ''},
    addressOf: () => ({servers: [leader], place: ''}),
    async stop() {
      await Promise.all(children.map(child => child.kill()));
    },
  };
}

function optionsOf({name: id, client, peer}: Node, all: readonly Node[], folder: string): string[] {
  const members = all.map(node => `${node.name}=${node.peer}`).join(',');
  const options = {
    name: id,
    'data-dir': join(folder, id),
    'log-level': 'error',
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': members,
    'initial-cluster-state': 'new',
    'quota-backend-bytes': 8 * 1024 ** 3,
    'auto-compaction-mode': 'revision',
    'auto-compaction-retention': 10_000,
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** The address of the node that leads, or null while none does. */
async function leaderOf(nodes: readonly Node[]): Promise<string | null> {
  for (const {client} of nodes) {
    const asked = new Etcd3({hosts: client});
    try {
      const {leader, header} = await asked.maintenance.status();
      if (leader !== '0' && leader === header.member_id) {
        return client;
      }
    } finally {
      asked.close();
    }
  }

  return null;
}
