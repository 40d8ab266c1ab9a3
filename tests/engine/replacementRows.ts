import { createPrivateKey } from "node:crypto";
import type {
  AgentConnectionArgs,
  AgentTokenArgs,
  ClusterAgentArgs,
  ReceptiveUrlConfigArgs,
} from "pulumi-gitlab-agent";
import type { Simulator } from "pulumi-gitlab-agent/simulator";
import type { KeyedCertificate } from "../support/certificates";

/** The objects that the inputs of the rows refer to. */
export interface World {
  simulator: Simulator;
  /** Two certificates with their keys. */
  pair: KeyedCertificate;
  other: KeyedCertificate;
  /** The row's own agent in project 101, and its own agent in project 102. */
  here: number;
  there: number;
  /** Two used tokens of `here` and one of `there`. */
  tokens: [number, number, number];
}

/** One change of one input, and its expected effect. */
export interface Row {
  resource: "ClusterAgent" | "AgentToken" | "AgentConnection" | "ReceptiveUrlConfig";
  /** The input for which the row exists. */
  input: string;
  change: string;
  before(world: World): object;
  after(world: World): object;
  /** The inputs that the preview names as the cause. Some inputs can change only together with others. */
  blames: string[];
  first: "create" | "delete";
}

type Args = {
  ClusterAgent: ClusterAgentArgs;
  AgentToken: AgentTokenArgs;
  AgentConnection: AgentConnectionArgs;
  ReceptiveUrlConfig: ReceptiveUrlConfigArgs;
};

/** Inputs whose changes replace nothing. */
export const UNCHANGING: Record<string, string[]> = { AgentConnection: ["timeout"] };

function row<Kind extends Row["resource"]>(
  resource: Kind,
  input: keyof Args[Kind] & string,
  change: string,
  before: (world: World) => Partial<Args[Kind]>,
  after: (world: World) => Partial<Args[Kind]>,
  more: { blames?: string[]; first?: "create" | "delete" } = {},
): Row {
  const inputs = (own: (world: World) => Partial<Args[Kind]>) => (world: World) => ({
    project: 101,
    ...(resource === "ClusterAgent" ? {} : { agentId: world.here }),
    ...(resource === "AgentConnection" ? { tokenId: world.tokens[0] } : {}),
    ...(resource === "ReceptiveUrlConfig" ? { url: "grpcs://before.example.com:443" } : {}),
    ...own(world),
  });
  const first = resource === "ReceptiveUrlConfig" ? "delete" : "create";
  return { resource, input, change, before: inputs(before), after: inputs(after), blames: [input], first, ...more };
}

const nothing = () => ({});
const elsewhere = ({ there }: World) => ({ project: 102, agentId: there });
const mtls = ({ pair }: World) => ({ clientCert: pair.cert, clientKey: pair.key });

/** At least one row for each input of each resource; replacement.test.ts shows inputs without a row. */
export const ROWS: Row[] = [
  row(
    "ClusterAgent",
    "project",
    "another path",
    () => ({ project: "group/app" }),
    () => ({ project: "group/subgroup/infra" }),
  ),
  row("ClusterAgent", "project", "another id", nothing, () => ({ project: 102 })),
  row(
    "ClusterAgent",
    "name",
    "another",
    () => ({ name: "name-before" }),
    () => ({ name: "name-after" }),
  ),
  row("ClusterAgent", "name", "the default, then given", nothing, () => ({ name: "name-given" })),

  row("AgentToken", "project", "with its agent", nothing, elsewhere, { blames: ["agentId"] }),
  row("AgentToken", "agentId", "another", nothing, ({ there }) => ({
    project: "group/subgroup/infra",
    agentId: there,
  })),
  row(
    "AgentToken",
    "name",
    "another",
    () => ({ name: "before" }),
    () => ({ name: "after" }),
  ),
  row("AgentToken", "name", "given, then the default", () => ({ name: "before" }), nothing),
  row(
    "AgentToken",
    "description",
    "another",
    () => ({ description: "before" }),
    () => ({ description: "after" }),
  ),
  row("AgentToken", "description", "given", nothing, () => ({ description: "after" })),
  row("AgentToken", "description", "taken away", () => ({ description: "before" }), nothing),
  row(
    "AgentToken",
    "rotationTriggers",
    "another value",
    () => ({ rotationTriggers: { month: "2026-11" } }),
    () => ({ rotationTriggers: { month: "2026-12" } }),
  ),
  row(
    "AgentToken",
    "rotationTriggers",
    "deep inside",
    () => ({ rotationTriggers: { a: [1, { b: null }] } }),
    () => ({ rotationTriggers: { a: [1, { b: false }] } }),
  ),
  row("AgentToken", "rotationTriggers", "given", nothing, () => ({ rotationTriggers: { by: "hand" } })),
  row("AgentToken", "rotationTriggers", "taken away", () => ({ rotationTriggers: { by: "hand" } }), nothing),
  // The test's first update is three days ago, by GitLab's clock.
  row("AgentToken", "rotateAfterDays", "given, and due", nothing, () => ({ rotateAfterDays: 1 })),
  row(
    "AgentToken",
    "rotateAfterDays",
    "a smaller number, and due",
    () => ({ rotateAfterDays: 30 }),
    () => ({ rotateAfterDays: 2 }),
  ),

  row(
    "AgentConnection",
    "project",
    "with its agent and token",
    nothing,
    (world) => ({ ...elsewhere(world), tokenId: world.tokens[2] }),
    {
      blames: ["agentId", "tokenId"],
    },
  ),
  row(
    "AgentConnection",
    "agentId",
    "another, with its token",
    nothing,
    ({ there, tokens }) => ({ project: "group/subgroup/infra", agentId: there, tokenId: tokens[2] }),
    { blames: ["agentId", "tokenId"] },
  ),
  row("AgentConnection", "tokenId", "another", nothing, ({ tokens }) => ({ tokenId: tokens[1], timeout: 30 })),

  row("ReceptiveUrlConfig", "project", "with its agent", nothing, elsewhere, { blames: ["agentId"], first: "create" }),
  row(
    "ReceptiveUrlConfig",
    "agentId",
    "another",
    nothing,
    ({ there }) => ({ project: "group/subgroup/infra", agentId: there }),
    { first: "create" },
  ),
  row("ReceptiveUrlConfig", "url", "another", nothing, () => ({ url: "grpc://after.example.com:80" })),
  row("ReceptiveUrlConfig", "clientCert", "a chain in place of one", mtls, ({ pair, other }) => ({
    clientCert: pair.cert + other.cert,
    clientKey: pair.key,
  })),
  row(
    "ReceptiveUrlConfig",
    "clientCert",
    "with its key",
    mtls,
    ({ other }) => ({ clientCert: other.cert, clientKey: other.key }),
    { blames: ["clientCert", "clientKey"] },
  ),
  row("ReceptiveUrlConfig", "clientKey", "another form", mtls, ({ pair }) => ({
    clientCert: pair.cert,
    clientKey: createPrivateKey(pair.key).export({ type: "sec1", format: "pem" }) as string,
  })),
  row("ReceptiveUrlConfig", "clientKey", "mTLS in place of JWT", nothing, mtls, {
    blames: ["clientCert", "clientKey"],
  }),
  row("ReceptiveUrlConfig", "clientKey", "JWT in place of mTLS", mtls, nothing, {
    blames: ["clientCert", "clientKey"],
  }),
  row(
    "ReceptiveUrlConfig",
    "caCert",
    "another",
    ({ pair }) => ({ caCert: pair.cert }),
    ({ other }) => ({ caCert: other.cert }),
  ),
  row("ReceptiveUrlConfig", "caCert", "given", nothing, ({ pair }) => ({ caCert: pair.cert })),
  row("ReceptiveUrlConfig", "caCert", "taken away", ({ pair }) => ({ caCert: pair.cert }), nothing),
  row(
    "ReceptiveUrlConfig",
    "tlsHost",
    "another",
    () => ({ tlsHost: "before.example.com" }),
    () => ({ tlsHost: "after.example.com" }),
  ),
  row("ReceptiveUrlConfig", "tlsHost", "given", nothing, () => ({ tlsHost: "after.example.com" })),
  row("ReceptiveUrlConfig", "tlsHost", "taken away", () => ({ tlsHost: "before.example.com" }), nothing),
];
