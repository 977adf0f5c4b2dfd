import test, {type ExecutionContext} from 'ava';
import {type BrokerOptions, startBroker, type TestBroker} from '../helpers/broker.js';
import {until} from '../helpers/until.js';
import {connectNats, type NatsOptions} from '../../src/adapters/nats-transport.js';
import {testTransport} from '../contracts/transport-contract.js';

async function openWorld(t: ExecutionContext, options: BrokerOptions = {}) {
  let broker: TestBroker = await startBroker(options);
  t.teardown(() => broker.stop());
  const errors: unknown[] = [];

  const connect = async (name: string, more: Partial<NatsOptions> = {}) => {
    const onError = (error: unknown) => errors.push(error);
    const transport = await connectNats({servers: [broker.url], name, onError, ...more});
    t.teardown(() => new Promise<void>(resolve => transport.close(resolve)));
    return transport;
  };
  const breakAll = () => broker.stop();
  const mendAll = async () => {
    broker = await broker.restart();
  };
  const signal = (name: NodeJS.Signals) => process.kill(broker.pid, name);
  return {connect, until, breakAll, mendAll, signal, errors, url: broker.url};
}

testTransport(test, 'nats', t => openWorld(t));
