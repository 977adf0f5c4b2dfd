/** The scrub of a host: it reads while nobody else has to. */
import {bindScrub} from '../../scrub/scrub.effects.js';
import type {MadeActor} from '../host.messages.js';
import type {Parts, Service} from './service.js';

/** How long it waits for a host that is busy, and how often, before it reads all the same. */
const INPUT = {yieldMs: 1_000, yieldsMax: 30};

export class ScrubService implements Service {
  readonly children = ['scrub'];
  readonly #bound: ReturnType<typeof bindScrub>;

  constructor({shared, workload}: Parts) {
    this.#bound = bindScrub({...shared, isBusy: () => workload.isBusy}, shared.config.scrub);
  }

  make(): MadeActor {
    return {logic: this.#bound.machine, input: INPUT};
  }

  status() {
    return {scrub: this.#bound.status()};
  }
}
