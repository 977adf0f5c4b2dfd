/** The command line. Every command loads what it needs only when it runs. */
import {Command} from '@commander-js/extra-typings';
import {actorsCommand} from './cli/commands/actors.js';
import {bucketsCommand} from './cli/commands/buckets.js';
import {delCommand} from './cli/commands/del.js';
import {failpointCommand} from './cli/commands/failpoint.js';
import {getCommand} from './cli/commands/get.js';
import {hintsCommand} from './cli/commands/hints.js';
import {hostCommand} from './cli/commands/host.js';
import {loadCommand} from './cli/commands/load.js';
import {locateCommand} from './cli/commands/locate.js';
import {putCommand} from './cli/commands/put.js';
import {simCommand} from './cli/commands/sim.js';
import {statusCommand} from './cli/commands/status.js';
import {upCommand} from './cli/commands/up.js';
import {ExitCode} from './cli/exit-codes.js';
import {VERSION} from './cli/version.js';

const program = new Command('quorate')
  .description('an always-on key-value store made of actors on NATS')
  .version(VERSION)
  .showSuggestionAfterError()
  .exitOverride()
  .addCommand(upCommand())
  .addCommand(hostCommand())
  .addCommand(putCommand())
  .addCommand(getCommand())
  .addCommand(delCommand())
  .addCommand(statusCommand())
  .addCommand(locateCommand())
  .addCommand(bucketsCommand())
  .addCommand(loadCommand())
  .addCommand(actorsCommand())
  .addCommand(hintsCommand())
  .addCommand(simCommand())
  .addCommand(failpointCommand(), {hidden: true});

// Or a usage error of a command would end the process by itself, with another exit code.
program.commands.forEach(command => command.exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = isCommanderError(error) ? usageExit(error) : report(error);
}

function isCommanderError(error: unknown): error is {code: string; exitCode: number} {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

function usageExit({exitCode}: {exitCode: number}): number {
  return exitCode === 0 ? ExitCode.ok : ExitCode.usage;
}

function report(error: unknown): number {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return ExitCode.generic;
}
