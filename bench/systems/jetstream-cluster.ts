/**
 * Three nats-servers with JetStream, as one cluster, and in it one KV bucket of one replica and one
 * of three. Everything else is the server's and the client's default: in particular the servers
 * sync their files every two minutes (`sync_interval`), not before they acknowledge.
 *
 * A bucket's clients are sent to the server that leads its stream: the nearest they can be.
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {jetstreamManager} from '@nats-io/jetstream';
import {Kvm} from '@nats-io/kv';
import {connect, type NatsConnection} from '@nats-io/transport-node';
import {freePort, type Stage} from '../stage/stage.js';
import {until} from '../stage/wait.js';
import type {Cluster} from './system.js';

const SERVERS = 3;

type Server = {readonly name: string; readonly port: number; readonly routePort: number};

/** Bucket of so many replicas. */
export const bucketOf = (replicas: number): string => `usertable_r${replicas}`;

export async function startJetStream(stage: Stage, folder: string): Promise<Cluster> {
  const servers: Server[] = [];
  for (let no = 1; no <= SERVERS; no++) {
    servers.push({name: `js${no}`, port: await freePort(), routePort: await freePort()});
  }

  const children = await Promise.all(
    servers.map(async server => {
      const data = join(folder, server.name);
      await mkdir(data, {recursive: true});
      const conf = join(data, 'nats.conf');
      await writeFile(conf, configuration(server, servers, data));
      const command = [stage.broker.path, '-c', conf] as const;
      return stage.start({name: `server ${server.name}`, command});
    }),
  );
  const failed = children.map(child => child.failure());
  const leaders = await Promise.race([createBuckets(servers, stage.signal), ...failed]);
  return {
    processes: children.map(({name, pid}) => ({name, pid})),
    versions: {'nats-server': stage.broker.version},
    addressOf(system) {
      const replicas = system === 'JetStream KV R1' ? 1 : SERVERS;
      return {servers: [leaders.get(replicas) ?? ''], place: bucketOf(replicas)};
    },
    async stop() {
      await Promise.all(children.map(child => child.kill()));
    },
  };
}

const urlOf = ({port}: Server): string => `nats://127.0.0.1:${port}`;

function configuration({name, port, routePort}: Server, all: readonly Server[], data: string) {
  const routes = all.map(server => `"nats://127.0.0.1:${server.routePort}"`);
  return `server_name: ${name}
listen: "127.0.0.1:${port}"
jetstream: {store_dir: "${data}"}
cluster: {
  name: bench
  listen: "127.0.0.1:${routePort}"
  routes: [${routes.join(', ')}]
}
`;
}

/** Resolves with the address of each bucket's leader, by its number of replicas. */
async function createBuckets(
  servers: readonly Server[],
  signal: AbortSignal,
): Promise<Map<number, string>> {
  const connection = await until('JetStream', signal, () => connect({servers: servers.map(urlOf)}));
  try {
    const leaders = new Map<number, string>();
    for (const replicas of [1, SERVERS]) {
      leaders.set(replicas, await createBucket(connection, servers, replicas, signal));
    }

    return leaders;
  } finally {
    await connection.close();
  }
}

async function createBucket(
  connection: NatsConnection,
  servers: readonly Server[],
  replicas: number,
  signal: AbortSignal,
): Promise<string> {
  const bucket = bucketOf(replicas);
  return await until(`the bucket ${bucket}`, signal, async () => {
    await new Kvm(connection).create(bucket, {replicas});
    const manager = await jetstreamManager(connection);
    const {cluster} = await manager.streams.info(`KV_${bucket}`);
    const leader = servers.find(({name}) => name === cluster?.leader);
    const isWhole = cluster?.replicas?.every(({current}) => current) ?? replicas === 1;
    return leader !== undefined && isWhole ? urlOf(leader) : null;
  });
}
