import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import manifest from "../../package.json";
import schema from "../../provider/doors/plugin/schema.json";

test("schema.json is up to date with the SDK's types and doc comments", async () => {
  const made = await runCommand("node", ["scripts/schema.mjs", "--check"], {
    cwd: repository,
    env: cleanEnvironment(),
    limit: 120,
  });
  expect({ code: made.code, said: made.output }).toEqual({ code: 0, said: "" });
});

describe("the schema", () => {
  const { resources: all, functions, types, provider, config } = schema;
  const { "gitlab-agent:kubernetes:AgentInstallation": component, ...resources } = all;

  test("has the promised names", () => {
    expect([schema.name, schema.version]).toEqual(["gitlab-agent", manifest.version]);
    expect(Object.keys(all)).toEqual([
      "gitlab-agent:index:ClusterAgent",
      "gitlab-agent:index:AgentToken",
      "gitlab-agent:index:ReceptiveUrlConfig",
      "gitlab-agent:index:AgentConnection",
      "gitlab-agent:kubernetes:AgentInstallation",
    ]);
    expect(Object.keys(functions).map((token) => token.replace("gitlab-agent:index:", ""))).toEqual([
      "getClusterAgent",
      "getClusterAgents",
      "getAgentToken",
      "getAgentTokens",
      "getReceptiveUrlConfig",
      "getReceptiveUrlConfigs",
      "getKas",
    ]);
    expect(Object.keys(types).map((token) => token.replace("gitlab-agent:", "").replace("index:", ""))).toEqual([
      "ConfigProject",
      "kubernetes:ReceptiveAgentTls",
      "kubernetes:ReceptiveAgent",
      "GetClusterAgentsAgent",
      "GetAgentTokensToken",
      "GetReceptiveUrlConfigsUrlConfiguration",
      "GetKasGitLab",
    ]);
    expect(Object.keys(config.variables).sort()).toEqual(
      [
        ...["baseUrl", "token", "caCertFile", "clientCertFile", "clientKeyFile", "insecure", "headers"],
        ...["requestTimeout", "operationTimeout", "maxRetries", "maxConcurrency", "debug"],
      ].sort(),
    );
  });

  test("each resource has the alias of its dynamic type, and no input forces a replacement in the schema", () => {
    for (const [token, resource] of Object.entries(resources)) {
      const name = token.split(":")[2];
      expect(resource.aliases).toEqual([{ type: `pulumi-nodejs:dynamic/gitlab:${name}` }]);
      expect(JSON.stringify(resource)).not.toContain('"replaceOnChanges"');
    }
  });

  test("a project is a string, ids are whole numbers, and secrets are marked", () => {
    for (const { inputProperties, properties } of Object.values(resources)) {
      expect([inputProperties.project.type, properties.project.type]).toEqual(["string", "string"]);
    }
    const token = resources["gitlab-agent:index:AgentToken"];
    expect(token.properties.token).toMatchObject({ type: "string", secret: true });
    expect(token.required).not.toContain("token");
    expect(token.properties.tokenId.type).toBe("integer");
    expect(resources["gitlab-agent:index:ReceptiveUrlConfig"].inputProperties.clientKey).toMatchObject({
      secret: true,
    });
    for (const settings of [config.variables, provider.inputProperties]) {
      expect([settings.token, settings.headers]).toMatchObject([{ secret: true }, { secret: true }]);
      // The plugin reads the environment itself; as defaults these values would be stored in the state.
      expect(JSON.stringify(settings)).not.toContain("defaultInfo");
    }
  });

  test("the component takes and gives resources of the plugin as they are, and needs no Kubernetes SDK", () => {
    const { isComponent, inputProperties, properties, requiredInputs, required } = component;
    expect({ isComponent, requiredInputs, required }).toEqual({
      isComponent: true,
      requiredInputs: [],
      required: ["agent", "namespace", "releaseName", "secretName", "token"],
    });
    const agent = { $ref: "#/resources/gitlab-agent:index:ClusterAgent" };
    expect([inputProperties.agent, properties.agent]).toMatchObject([agent, agent]);
    expect([inputProperties.awaitConnection, inputProperties.createNamespace]).toMatchObject([
      { type: "boolean", plain: true },
      { type: "boolean", plain: true },
    ]);
    const receptive = types["gitlab-agent:kubernetes:ReceptiveAgent"].properties;
    const { key } = types["gitlab-agent:kubernetes:ReceptiveAgentTls"].properties;
    for (const each of [receptive.clientKey, receptive.stringData, key]) expect(each.secret).toBe(true);
    expect(JSON.stringify(schema)).not.toMatch(/"\$ref":"\/kubernetes/);
  });

  test("everything has a description that fits every language", () => {
    const described: string[] = [];
    const visit = (value: unknown, place: string): void => {
      if (typeof value !== "object" || value === null) return;
      const { description } = value as { description?: unknown };
      if (/(properties|inputProperties|variables|resources|functions|types)\.[^.]+$/.test(place)) {
        expect({ place, described: typeof description === "string" && description.length > 10 }).toEqual({
          place,
          described: true,
        });
        described.push(String(description));
      }
      for (const [name, inner] of Object.entries(value)) visit(inner, `${place}.${name}`);
    };
    visit(schema, "schema");
    expect(described.length).toBeGreaterThan(100);
    for (const text of described) {
      expect(text).not.toMatch(/\bundefined\b|`gitlab:|\.apply\(|=>|import \{|new pulumi|readFileSync/i);
    }
  });
});
