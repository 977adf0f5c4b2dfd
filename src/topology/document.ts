/**
 * The topology: one document that says what the cluster is, who owns what, and what each bucket
 * promises.
 *
 * Invariants:
 *   1. A document that parses is consistent (schema.ts); whatever else arrives is refused with all
 *      reasons.
 *   2. The secret never leaves the hosts: clients get `publicTopology`.
 */
import type {z} from 'zod';
import {type hostSchema, publicTopologySchema, topologySchema} from './schema.js';

export type Topology = z.infer<typeof topologySchema>;
export type PublicTopology = z.infer<typeof publicTopologySchema>;
export type TopologyHost = z.infer<typeof hostSchema>;

const PROBLEMS_SHOWN = 20;

/** A topology that cannot be. Each problem is a sentence. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Throws `TopologyError`. */
export function parseTopology(json: string): Topology {
  return checkTopology(parseJson(json));
}

/** Throws `TopologyError`. */
export function checkTopology(value: unknown): Topology {
  return accepted(topologySchema.safeParse(value));
}

/** What a client was told. Throws `TopologyError`. */
export function parsePublicTopology(json: string): PublicTopology {
  return accepted(publicTopologySchema.safeParse(parseJson(json)));
}

export function serializeTopology(topology: Topology | PublicTopology): string {
  return JSON.stringify(topology);
}

export function publicTopology(topology: Topology): PublicTopology {
  const {id, name} = topology.cluster;
  return {...topology, cluster: {id, name}};
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new TopologyError([`it is no JSON: ${String(error)}`]);
  }
}

function accepted<Value>(result: z.ZodSafeParseResult<Value>): Value {
  if (result.success) {
    return result.data;
  }

  throw new TopologyError(
    result.error.issues
      .slice(0, PROBLEMS_SHOWN)
      .map(({path, message}) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
  );
}
