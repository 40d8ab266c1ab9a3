import { authenticate } from "../authentication";
import { agentOf, authorize, visibleProject } from "../authorization";
import { certificateContent } from "../certificates";
import { checkUnmodifiedSince } from "../conditional";
import type { SimulatorApp, SimulatorContext } from "../context";
import { urlConfigurationEntity } from "../entities";
import { badRequest, notFound } from "../errors";
import { type Declaration, declaredParameters, sentParameters, type Values } from "../parameters";
import type { AgentRecord, ProjectRecord, UrlConfigurationRecord, UserRecord } from "../records";

const AGENT = { id: { type: "string", required: true }, agent_id: { type: "integer", required: true } } as const;
const CONFIGURATION = { ...AGENT, url_configuration_id: { type: "integer", required: true } } as const;
const CONTENT = {
  ...AGENT,
  url: { type: "string", required: true },
  client_cert: { type: "string" },
  client_key: { type: "string" },
  ca_cert: { type: "string" },
  tls_host: { type: "string" },
} as const;

/** `/projects/:id/cluster_agents/:agent_id/url_configurations`: list, get, create, delete; one for each agent. */
export function urlConfigurationRoutes(app: SimulatorApp): void {
  app.get("/projects/:id/cluster_agents/:agent_id/url_configurations", async (c) => {
    const { agent } = await admitted(c, AGENT);
    const configuration = c.env.simulation.store.urlConfigurationOf(agent.id);
    return c.json(configuration === undefined ? [] : [urlConfigurationEntity(c, configuration)]);
  });

  app.get("/projects/:id/cluster_agents/:agent_id/url_configurations/:url_configuration_id", async (c) => {
    const { agent, wanted } = await admitted(c, CONFIGURATION);
    return c.json(urlConfigurationEntity(c, configurationOf(c, agent, wanted.url_configuration_id)));
  });

  app.post("/projects/:id/cluster_agents/:agent_id/url_configurations", async (c) => {
    const { agent, wanted } = await admitted(c, CONTENT);
    const { store, settings } = c.env.simulation;
    if (store.urlConfigurationOf(agent.id) !== undefined) {
      throw badRequest("URL configuration already exists for this agent");
    }
    const { content, faults } = certificateContent(wanted, settings.certificates);
    if (faults.length > 0) throw badRequest(faults);
    return c.json(urlConfigurationEntity(c, store.addUrlConfiguration(agent, content)), 201);
  });

  app.delete("/projects/:id/cluster_agents/:agent_id/url_configurations/:url_configuration_id", async (c) => {
    const { agent, wanted } = await admitted(c, CONFIGURATION);
    const configuration = configurationOf(c, agent, wanted.url_configuration_id);
    checkUnmodifiedSince(c, configuration.updatedAt);
    c.env.simulation.store.removeUrlConfiguration(configuration);
    return c.body(null, 204);
  });
}

/** The checks of all four, in order: project, plan and setting before the parameters, the role after them. */
async function admitted<Declared extends typeof AGENT & Record<string, Declaration>>(
  c: SimulatorContext,
  declared: Declared,
): Promise<{ user: UserRecord; project: ProjectRecord; agent: AgentRecord; wanted: Values<Declared> }> {
  const user = authenticate(c);
  const project = visibleProject(c, user);
  if (!project.licensed || !c.env.simulation.settings.receptiveEnabled) throw notFound();
  const wanted = declaredParameters(await sentParameters(c), declared);
  authorize(user, project, "maintainer");
  return { user, project, agent: agentOf(c, project, Number(wanted.agent_id)), wanted };
}

function configurationOf(
  c: SimulatorContext,
  agent: AgentRecord,
  id: number | null | undefined,
): UrlConfigurationRecord {
  const configuration = c.env.simulation.store.urlConfigurations.get(id ?? 0);
  if (configuration === undefined || configuration.agentId !== agent.id) throw notFound();
  return configuration;
}
