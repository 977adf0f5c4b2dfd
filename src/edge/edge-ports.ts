/** What every way into a host needs, whichever terms its clients speak in. */
import type {Request} from '../../actors/coordinator/coordinator.messages.js';
import type {Counters} from '../counters.js';
import type {Clock} from '../ports/clock.js';
import type {Transport} from '../ports/transport.js';
import type {Subjects} from '../subjects.js';
import type {Admission} from './admission.js';
import type {RequestStats} from './request-stats.js';
import type {Shedding} from './shedding.js';

export type EdgePorts = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly subjects: Subjects;
  readonly counters: Counters;
  readonly stats: RequestStats;
  readonly admission: Admission;
  readonly shedding: Shedding;
  readonly epoch: number;
  /**
   * Puts the request before the coordinator if it can be coordinated here; false when it cannot.
   */
  readonly coordinate: (request: Request) => boolean;
};
