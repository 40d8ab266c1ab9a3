import * as pulumi from "@pulumi/pulumi";
import {
  getAgentToken,
  getAgentTokens,
  getClusterAgents,
  getReceptiveUrlConfigs,
  LookupError,
  type GetClusterAgentResult,
} from "pulumi-gitlab-agent";

const config = new pulumi.Config();
const projects = config.requireObject<string[]>("projects");
const unusedDays = config.requireNumber("unusedDays");
const oldest = new Date(Date.now() - unusedDays * 24 * 60 * 60 * 1000).toISOString();

// For a token that was never used, its creation counts.
const lastUse = (token: { lastUsedAt?: string; createdAt: string }) => token.lastUsedAt ?? token.createdAt;

async function auditAgent(project: string, { agentId, name, isReceptive }: GetClusterAgentResult) {
  const tokens = await getAgentTokens({ project, agentId });
  const details = await Promise.all(tokens.map(({ tokenId }) => getAgentToken({ project, agentId, tokenId })));
  const stale = details.filter((token) => lastUse(token) < oldest);
  // Only for receptive agents, since the request needs the Maintainer role.
  const configurations = isReceptive ? await getReceptiveUrlConfigs({ project, agentId }) : [];
  return {
    project,
    agent: name,
    agentId,
    tokens: tokens.map((token) => token.name),
    unusedTokens: stale.map((token) => ({
      name: token.name,
      lastUsedAt: token.lastUsedAt,
      createdAt: token.createdAt,
    })),
    withoutToken: tokens.length === 0,
    withoutConfiguration: isReceptive === true && configurations.length === 0,
  };
}

type Row = Partial<Awaited<ReturnType<typeof auditAgent>>> & { project: string; unreadable?: string };

/** A row for each agent, or one row with the reason if the project cannot be read. */
async function auditProject(project: string): Promise<Row[]> {
  try {
    const agents = await getClusterAgents({ project });
    return await Promise.all(agents.map((agent) => auditAgent(project, agent)));
  } catch (error) {
    if (error instanceof LookupError) return [{ project, unreadable: error.message }];
    throw error;
  }
}

const audit = Promise.all(projects.map(auditProject)).then((found) => found.flat());

void audit.then((rows) =>
  console.table(
    rows.map(({ project, agent = "", tokens = [], unusedTokens = [], ...row }) => ({
      project,
      agent,
      tokens: tokens.join(", "),
      findings: [
        ...(row.unreadable === undefined ? [] : [`cannot be read: ${row.unreadable}`]),
        ...(row.withoutToken ? ["no token"] : []),
        ...unusedTokens.map((token) =>
          token.lastUsedAt === undefined
            ? `${token.name} never used, created ${token.createdAt.slice(0, 10)}`
            : `${token.name} unused since ${token.lastUsedAt.slice(0, 10)}`,
        ),
        ...(row.withoutConfiguration ? ["receptive, but no URL configuration"] : []),
      ].join("; "),
    })),
  ),
);

/** All agents with their findings. */
export const agents = audit;
/** The number of agents with findings, for a check in CI. */
export const findings = audit.then(
  (rows) =>
    rows.filter(
      (row) => row.unreadable || row.withoutToken || row.withoutConfiguration || (row.unusedTokens ?? []).length > 0,
    ).length,
);
