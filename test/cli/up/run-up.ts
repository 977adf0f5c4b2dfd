/** Runs `up` as a program of its own, with fake hosts: run-up.js OPTIONS, the options as JSON. */
import {fileURLToPath} from 'node:url';
import type {UpOptions} from '../../../src/cli/up/options.js';
import {runUp} from '../../../src/cli/up/up.js';

const fakeHost = fileURLToPath(new URL('fake-host.js', import.meta.url));
const options = JSON.parse(process.argv[2] ?? '{}') as UpOptions;
process.exitCode = await runUp(options, {
  env: process.env,
  hostCommand: [process.execPath, fakeHost],
});
