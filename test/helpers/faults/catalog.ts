/** All faults that are done to beds. */
import {jumpingClock} from './clock-faults.js';
import {diskErrors, fullDisk, powerCut, powerCuts, readOnlyDisk} from './disk-faults.js';
import type {Fault} from './fault.js';
import {cutHost, cutPortOfHost, deafHost, mutedHost} from './network-faults.js';
import {
  frozenBroker,
  frozenHost,
  killedBroker,
  killedHost,
  killedHosts,
  stoppedHost,
} from './process-faults.js';

/** Seeds of the soak draw from it by place: new ones are added at the end. */
export const FAULTS: readonly Fault[] = [
  frozenHost,
  killedHost,
  killedHosts,
  stoppedHost,
  killedBroker,
  frozenBroker,
  powerCut,
  powerCuts,
  diskErrors,
  readOnlyDisk,
  fullDisk,
  cutHost,
  mutedHost,
  deafHost,
  cutPortOfHost,
  jumpingClock,
];
