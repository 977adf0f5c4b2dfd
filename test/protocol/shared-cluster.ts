/**
 * One cluster for all tests of a file, and a bare client of it: they use keys of their own and
 * change nothing else.
 */
import test from 'ava';
import {type ClusterOptions, startCluster, type TestCluster} from '../helpers/cluster.js';
import {RawClient} from './raw-client.js';

export type Shared = {readonly cluster: TestCluster; readonly client: RawClient};

/** Registers the hooks that start and end it; the answer is good inside tests. */
export function shareCluster(options: ClusterOptions = {}): () => Shared {
  const endings: Array<() => void | PromiseLike<void>> = [];
  const teardown = (ending: () => void | PromiseLike<void>) => {
    endings.unshift(ending);
  };
  let shared: Shared | null = null;

  test.before('a cluster starts', async () => {
    const cluster = await startCluster({teardown}, options);
    shared = {cluster, client: await RawClient.connect({teardown}, cluster.url)};
  });
  test.after.always('the cluster ends', async () => {
    for (const ending of endings) {
      await ending();
    }
  });

  return () => {
    if (shared === null) {
      throw new TypeError('the cluster has not started');
    }

    return shared;
  };
}
