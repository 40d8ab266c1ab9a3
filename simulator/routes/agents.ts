import { authenticate } from "../authentication";
import { agentOf, atLeast, authorize, roleIn, visibleProject } from "../authorization";
import { checkUnmodifiedSince } from "../conditional";
import type { SimulatorApp } from "../context";
import { agentEntity } from "../entities";
import { badRequest, notFound, recordNotFound } from "../errors";
import { paginate, PAGINATION } from "../pagination";
import { declaredParameters, sentParameters } from "../parameters";
import { agentNameFaults } from "../validation";

const PROJECT = { id: { type: "string", required: true } } as const;
const AGENT = { ...PROJECT, agent_id: { type: "integer", required: true } } as const;

/** `/projects/:id/cluster_agents`: list, get, register, delete. */
export function agentRoutes(app: SimulatorApp): void {
  app.get("/projects/:id/cluster_agents", async (c) => {
    const user = authenticate(c);
    const sent = await sentParameters(c);
    const wanted = declaredParameters(sent, { ...PROJECT, ...PAGINATION });
    const project = visibleProject(c, user);
    if (!atLeast(roleIn(user, project), "developer")) throw notFound("ClusterAgents");
    const simulation = c.env.simulation;
    const agents = paginate(c, simulation.store.agentsOf(project.id), wanted, sent);
    return c.json(agents.map((agent) => agentEntity(simulation, agent)));
  });

  app.get("/projects/:id/cluster_agents/:agent_id", async (c) => {
    const user = authenticate(c);
    const wanted = declaredParameters(await sentParameters(c), AGENT);
    const project = visibleProject(c, user);
    if (!atLeast(roleIn(user, project), "developer")) throw recordNotFound();
    return c.json(agentEntity(c.env.simulation, agentOf(c, project, wanted.agent_id)));
  });

  app.post("/projects/:id/cluster_agents", async (c) => {
    const user = authenticate(c);
    const declared = { ...PROJECT, name: { type: "string", required: true } } as const;
    const wanted = declaredParameters(await sentParameters(c), declared);
    const project = visibleProject(c, user);
    authorize(user, project, "maintainer");
    const simulation = c.env.simulation;
    const name = simulation.normalized(wanted.name);
    const taken = simulation.store.hasAgentNamed(project.id, name ?? "");
    const faults = agentNameFaults(name, taken);
    if (faults.length > 0) throw badRequest(faults);
    return c.json(agentEntity(simulation, simulation.store.addAgent(project.id, name ?? "", user.id)), 201);
  });

  app.delete("/projects/:id/cluster_agents/:agent_id", async (c) => {
    const user = authenticate(c);
    const wanted = declaredParameters(await sentParameters(c), AGENT);
    const project = visibleProject(c, user);
    authorize(user, project, "maintainer");
    const agent = agentOf(c, project, wanted.agent_id);
    checkUnmodifiedSince(c, agent.updatedAt);
    c.env.simulation.store.removeAgent(agent);
    return c.body(null, 204);
  });
}
