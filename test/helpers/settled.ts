import type {NatsConnection} from '@nats-io/transport-node';
import {setTimeout as sleep} from 'node:timers/promises';
import {ask} from './ask-host.js';

const giveUpMs = 30_000;

type Status = {
  readonly partitionsOwned: number;
  readonly partitionsServing: number;
  readonly peers: Readonly<Record<string, string>>;
};

/** Waits until every host serves all it owns and sees all others. */
export async function settled(connection: NatsConnection, hosts: readonly string[]): Promise<void> {
  const giveUp = AbortSignal.timeout(giveUpMs);
  for (const host of hosts) {
    while (!(await isSettled(connection, host))) {
      if (giveUp.aborted) {
        throw new Error(`${host} does not see the others, or does not serve all it owns`);
      }

      await sleep(50);
    }
  }
}

async function isSettled(connection: NatsConnection, host: string): Promise<boolean> {
  try {
    const status = (await ask(connection, host, 'status')) as Status;
    const linked = Object.values(status.peers).every(state => state === 'linked');
    return linked && status.partitionsServing === status.partitionsOwned;
  } catch {
    return false;
  }
}
