/** The client library's public face: what `import ... from 'quorate'` gives. */
export {connect, type ConnectOptions} from './connect.js';
export type {Client} from './client.js';
export {
  type Attempt,
  BadRequest,
  ConnectionLost,
  NotConnected,
  OutcomeUnknown,
  Overloaded,
  QuorateError,
  TooLarge,
  Unavailable,
} from './errors.js';
export type {
  CommonOptions,
  DeleteOptions,
  GetOptions,
  Key,
  Outcome,
  WriteOptions,
} from './options.js';
export type {Found, Got, Missing, Proof, Written} from './results.js';
