/**
 * Runs one command against a cluster: connects, works, disconnects, and turns what went wrong into
 * words.
 */
import {connect} from '../client/connect.js';
import type {Client} from '../client/client.js';
import type {CommonOptions} from './command.js';
import {ExitCode} from './exit-codes.js';
import {guardOutput, tellProblem} from './output.js';
import {codeOf, problemOf} from './problem.js';

/** `work` answers with an exit code. Sets the process's. */
export async function runWithClient(
  options: CommonOptions,
  work: (client: Client) => Promise<number>,
): Promise<void> {
  await runGuarded(options.json === true, async () => {
    const {server, name, timeout: timeoutMs} = options;
    const servers = server ?? (process.env['NATS_URL'] || undefined);
    const client = await connect({servers, name, timeoutMs});
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  });
}

export async function runGuarded(asJson: boolean, work: () => Promise<number>): Promise<void> {
  guardOutput();
  try {
    process.exitCode = await work();
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) {
      process.exitCode = ExitCode.generic;
      throw error;
    }

    tellProblem(problem, asJson, codeOf(error));
    process.exitCode = problem.exitCode;
  }
}
