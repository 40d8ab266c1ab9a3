import { authenticate } from "../authentication";
import { agentOf, atLeast, authorize, roleIn, visibleProject } from "../authorization";
import type { SimulatorApp, SimulatorContext } from "../context";
import { createdTokenEntity, tokenEntity, tokenListEntity } from "../entities";
import { badRequest, recordNotFound } from "../errors";
import { paginate, PAGINATION } from "../pagination";
import { declaredParameters, sentParameters } from "../parameters";
import type { AgentRecord, TokenRecord } from "../records";
import { tokenFaults } from "../validation";

const AGENT = { id: { type: "string", required: true }, agent_id: { type: "integer", required: true } } as const;
const TOKEN = { ...AGENT, token_id: { type: "integer", required: true } } as const;

/** The maximal number of active tokens of an agent. */
export const TOKEN_LIMIT = 2;

/** `/projects/:id/cluster_agents/:agent_id/tokens`: list, get, create, revoke. */
export function tokenRoutes(app: SimulatorApp): void {
  app.get("/projects/:id/cluster_agents/:agent_id/tokens", async (c) => {
    const user = authenticate(c);
    const sent = await sentParameters(c);
    const wanted = declaredParameters(sent, { ...AGENT, ...PAGINATION });
    const project = visibleProject(c, user);
    if (!atLeast(roleIn(user, project), "developer")) throw recordNotFound();
    const agent = agentOf(c, project, wanted.agent_id);
    const tokens = paginate(c, c.env.simulation.store.activeTokensOf(agent.id), wanted, sent);
    return c.json(tokens.map(tokenListEntity));
  });

  app.get("/projects/:id/cluster_agents/:agent_id/tokens/:token_id", async (c) => {
    const user = authenticate(c);
    const wanted = declaredParameters(await sentParameters(c), TOKEN);
    const project = visibleProject(c, user);
    if (!atLeast(roleIn(user, project), "developer")) throw recordNotFound();
    const token = tokenOf(c, agentOf(c, project, wanted.agent_id), wanted.token_id);
    if (token.status === "revoked") throw recordNotFound();
    return c.json(tokenEntity(token));
  });

  app.post("/projects/:id/cluster_agents/:agent_id/tokens", async (c) => {
    const user = authenticate(c);
    const declared = { ...AGENT, name: { type: "string", required: true }, description: { type: "string" } } as const;
    const wanted = declaredParameters(await sentParameters(c), declared);
    const project = visibleProject(c, user);
    authorize(user, project, "maintainer");
    const agent = agentOf(c, project, wanted.agent_id);
    const simulation = c.env.simulation;
    // The limit is checked first, so a blank name on an agent with two tokens reports the limit.
    if (simulation.store.activeTokensOf(agent.id).length >= TOKEN_LIMIT) {
      throw badRequest("An agent can have only two active tokens at a time");
    }
    const name = simulation.normalized(wanted.name);
    const description = simulation.normalized(wanted.description);
    const faults = tokenFaults(name, description);
    if (faults.length > 0) throw badRequest(faults);
    const token = simulation.store.addToken(agent.id, name ?? "", description ?? null, user.id);
    return c.json(createdTokenEntity(token), 201);
  });

  app.delete("/projects/:id/cluster_agents/:agent_id/tokens/:token_id", async (c) => {
    const user = authenticate(c);
    const wanted = declaredParameters(await sentParameters(c), TOKEN);
    const project = visibleProject(c, user);
    authorize(user, project, "maintainer");
    // Unlike GET, this finds a revoked token: revoking it again succeeds.
    tokenOf(c, agentOf(c, project, wanted.agent_id), wanted.token_id).status = "revoked";
    return c.body(null, 204);
  });
}

function tokenOf(c: SimulatorContext, agent: AgentRecord, id: number | null | undefined): TokenRecord {
  const token = c.env.simulation.store.tokens.get(id ?? 0);
  if (token === undefined || token.agentId !== agent.id) throw recordNotFound();
  return token;
}
