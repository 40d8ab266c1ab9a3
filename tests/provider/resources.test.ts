import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { secret } from "../../provider/doors/dynamic";
import { clusterAgent as dynamicAgent } from "../../provider";
import { certificateAuthority } from "../support/certificates";
import {
  agentToken as agentTokenDoor,
  clusterAgent as clusterAgentDoor,
  receptiveUrlConfig as receptiveUrlConfigDoor,
  configured,
  keyOf,
  nextRun,
  projectOf,
  type Door,
} from "./doors";

const clusterAgent = clusterAgentDoor;
const agentToken = agentTokenDoor;
const receptiveUrlConfig = receptiveUrlConfigDoor;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(async () => {
  simulator.reset();
  await configured(simulator);
});

const requests = () => simulator.requests.map(({ method, path }) => `${method} ${path.replace("/api/v4", "")}`);

describe.each([101, "101", "group/app", "group%2Fapp"])("the lifecycles in project %p", (project) => {
  const encoded = /^\d+$/.test(String(project)) ? "101" : "group%2Fapp";

  test("an agent is registered, read and deleted by one request each", async () => {
    const { id, outs } = await clusterAgent.create({ project, name: "a", __provider: "t" });
    const { id: agentId } = simulator.state.agent("a");
    expect(id).toBe(`${project}:${agentId}`);
    expect(outs).toMatchObject({
      project: projectOf(project),
      name: "a",
      agentId,
      configProject: { id: 101, pathWithNamespace: "group/app" },
    });
    expect(Object.values((outs as { configProject: object }).configProject)).not.toContain(null);
    expect(await clusterAgent.read(id, outs)).toEqual({ id, props: outs });
    nextRun();
    await clusterAgent.delete(id, outs);
    const path = `/projects/${encoded}/cluster_agents`;
    expect(requests()).toEqual([`POST ${path}`, `GET ${path}/${agentId}`, `DELETE ${path}/${agentId}`]);
  });

  test("a token's secret is in the outputs, kept by a read", async () => {
    await clusterAgent.create({ project, name: "a" });
    const agent = simulator.state.agent("a");
    const inputs = { project, agentId: agent.id, name: "blue", description: "why", rotationTriggers: { month: 11 } };
    const { id, outs } = await agentToken.create(inputs);
    const [record] = simulator.state.activeTokens(agent.id);
    expect(id).toBe(`${project}:${agent.id}:${record?.id}`);
    expect(outs).toMatchObject({
      ...inputs,
      project: projectOf(project),
      tokenId: record?.id,
      status: "active",
      token: secret(record?.secret ?? ""),
    });
    // The engine removes the secret marks from what it sends back.
    const props = { ...outs, token: record?.secret };
    expect(await agentToken.read(id, props)).toEqual({ id, props: outs });
    nextRun();
    await agentToken.delete(id, props);
    expect(simulator.state.activeTokens()).toEqual([]);
    const path = `/projects/${encoded}/cluster_agents/${agent.id}/tokens`;
    expect(requests().slice(1)).toEqual([`POST ${path}`, `GET ${path}/${record?.id}`, `DELETE ${path}/${record?.id}`]);
  });

  test("a URL configuration with JWT", async () => {
    const agent = simulator.state.createAgent(101, "a");
    const inputs = { project, agentId: agent.id, url: "grpcs://agent.example.com:443" };
    const { id, outs } = await receptiveUrlConfig.create(inputs);
    expect(outs).toMatchObject({
      ...inputs,
      project: projectOf(project),
      publicKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as string,
    });
    expect(await receptiveUrlConfig.read(id, outs)).toEqual({ id, props: outs });
    nextRun();
    await receptiveUrlConfig.delete(id, outs);
    expect(simulator.state.urlConfigurations).toEqual([]);
  });
});

describe.each(["pem", "base64"] as const)("certificates that GitLab takes and returns as %s", (certificates) => {
  test("mTLS: one configuration, certificates as declared, the key kept and secret", async () => {
    const own = await startSimulator({ certificates });
    try {
      await configured(own);
      const authority = await certificateAuthority();
      const pair = await authority.issue();
      const agent = own.state.createAgent(101, "a");
      const inputs = {
        project: 101,
        agentId: agent.id,
        url: "grpcs://agent.example.com:443",
        clientCert: pair.cert,
        clientKey: pair.key,
        caCert: `${authority.cert}\n`,
        tlsHost: "agent.example.com",
      };
      const { id, outs } = await receptiveUrlConfig.create(inputs);
      expect(outs).toEqual({
        ...inputs,
        project: projectOf(101),
        clientKey: secret(pair.key),
        urlConfigurationId: expect.any(Number) as number,
        projectId: 101,
      });
      const props = { ...outs, clientKey: pair.key };
      expect(await receptiveUrlConfig.read(id, props)).toEqual({ id, props: outs });
      expect(await receptiveUrlConfig.diff(id, props, inputs)).toMatchObject({ changes: false });
      expect(own.state.urlConfigurations).toHaveLength(1);
    } finally {
      await own.close();
    }
  });
});

test("a missing credential is reported at the first request, with every place that it can come from", async () => {
  const before = process.env["GITLAB_TOKEN"];
  delete process.env["GITLAB_TOKEN"];
  try {
    await configured(simulator, { token: undefined });
    await expect(clusterAgent.create({ project: 101, name: "a" })).rejects.toThrow(
      new RegExp(`${keyOf("token")}.*GITLAB_TOKEN.*Provider`),
    );
    expect(simulator.requests).toEqual([]);
  } finally {
    if (before !== undefined) process.env["GITLAB_TOKEN"] = before;
  }
});

test("configure never throws", () => {
  const invalid = { get: () => ({ not: "text" }) as unknown as string, require: () => "" };
  expect(() => (dynamicAgent as Door).configure({ config: invalid })).not.toThrow();
});

test("a missing object: nothing on refresh, an error on get", async () => {
  const props = { project: 101, agentId: 99, name: "a" };
  expect(await clusterAgent.read("101:99", props)).toEqual({});
  await expect(clusterAgent.read("101:99", { __provider: "t" })).rejects.toThrow(
    /Could not read agent 99.*404.*getClusterAgents/,
  );
  await clusterAgent.delete("101:99", props);
});
