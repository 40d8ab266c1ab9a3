// A usual dynamic provider, written as in Pulumi's documentation: one file, axios, the credential captured in the code.
const pulumi = require("@pulumi/pulumi");
const axios = require("axios");

const config = new pulumi.Config("gitlab");
const api = `${config.require("baseUrl")}/api/v4`;
const headers = { "PRIVATE-TOKEN": config.require("token") };

const agentProvider = {
  async create(inputs) {
    const url = `${api}/projects/${encodeURIComponent(inputs.project)}/cluster_agents`;
    const { data } = await axios.post(url, { name: inputs.name }, { headers });
    return { id: String(data.id), outs: { ...inputs, agentId: data.id, createdAt: data.created_at } };
  },
  async diff(id, olds, news) {
    const replaces = ["project", "name"].filter((key) => olds[key] !== news[key]);
    return { changes: replaces.length > 0, replaces };
  },
  async read(id, props) {
    const url = `${api}/projects/${encodeURIComponent(props.project)}/cluster_agents/${id}`;
    const { data } = await axios.get(url, { headers });
    return { id, props: { ...props, name: data.name, agentId: data.id, createdAt: data.created_at } };
  },
  async delete(id, props) {
    await axios.delete(`${api}/projects/${encodeURIComponent(props.project)}/cluster_agents/${id}`, { headers });
  },
};

class ClusterAgent extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    super(agentProvider, name, { agentId: undefined, createdAt: undefined, ...args }, opts);
  }
}

const tokenProvider = {
  async create(inputs) {
    const url = `${api}/projects/${encodeURIComponent(inputs.project)}/cluster_agents/${inputs.agentId}/tokens`;
    const { data } = await axios.post(url, { name: inputs.name }, { headers });
    return { id: String(data.id), outs: { ...inputs, token: data.token } };
  },
  async diff(id, olds, news) {
    const replaces = ["project", "agentId", "name"].filter((key) => olds[key] !== news[key]);
    return { changes: replaces.length > 0, replaces };
  },
  async read(id, props) {
    const url = `${api}/projects/${encodeURIComponent(props.project)}/cluster_agents/${props.agentId}/tokens/${id}`;
    const { data } = await axios.get(url, { headers });
    return { id, props: { ...props, name: data.name } };
  },
  async delete(id, props) {
    const url = `${api}/projects/${encodeURIComponent(props.project)}/cluster_agents/${props.agentId}/tokens/${id}`;
    await axios.delete(url, { headers });
  },
};

class AgentToken extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    super(tokenProvider, name, { token: undefined, ...args }, { ...opts, additionalSecretOutputs: ["token"] });
  }
}

for (let i = 0; i < Number(process.env.BENCH_AGENTS); i++) {
  const name = `agent-${i}`;
  const agent = new ClusterAgent(name, { project: "group/app", name });
  if (process.env.BENCH_TOKENS === "true") {
    new AgentToken(`${name}-token`, { project: "group/app", agentId: agent.agentId, name });
  }
}
