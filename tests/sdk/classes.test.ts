import * as pulumi from "@pulumi/pulumi";
import { AgentConnection, AgentToken, ClusterAgent, Provider, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { permanent } from "../../sdk/permanent";

interface Seen {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
const seen: Seen[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      seen.push({ type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> });
      return { id: args.id || "group/app:7", state: { ...(args.inputs as object), agentId: 7, token: "t" } };
    },
    call: () => ({}),
  });
});

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
const secretly = (value: string) => ({ [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig, value });
const inputsOf = (name: string) => seen.find((each) => each.name === name)?.inputs;

describe("a constructor passes to the engine", () => {
  test("the inputs, the default name, the provider's text, and nothing else", async () => {
    await valueOf(new ClusterAgent("plain", { project: "group/app" }).id);
    expect(inputsOf("plain")).toEqual({
      project: "group/app",
      name: "plain",
      __auto: true,
      __provider: permanent("ClusterAgent").provider,
    });
    await valueOf(new ClusterAgent("named", { project: 42, name: "other" }).id);
    expect(inputsOf("named")).toMatchObject({ project: 42, name: "other" });
  });
  test("arguments, which are never changed and can be used for several resources", async () => {
    const args = Object.freeze({ project: "group/app", agentId: 7, url: "grpc://a", clientKey: "k" });
    await Promise.all(["one", "two"].map((name) => valueOf(new ReceptiveUrlConfig(name, args).id)));
    expect(args).toEqual({ project: "group/app", agentId: 7, url: "grpc://a", clientKey: "k" });
    expect(inputsOf("one")).toEqual(inputsOf("two"));
  });
  test("the outputs of the contract", async () => {
    const agent = new ClusterAgent("outputs", { project: "group/app" });
    expect(await valueOf(agent.agentId)).toBe(7);
    for (const key of ["project", "name", "agentId", "configProject", "createdAt", "createdByUserId"] as const) {
      expect(pulumi.Output.isInstance(agent[key])).toBe(true);
    }
    const token = new AgentToken("outputs-token", { project: 1, agentId: 7 });
    for (const key of [
      "project",
      "agentId",
      "name",
      "description",
      "rotationTriggers",
      "rotateAfterDays",
      "tokenId",
      "token",
      "status",
      "createdAt",
      "createdByUserId",
    ] as const) {
      expect(pulumi.Output.isInstance(token[key])).toBe(true);
    }
    const connection = new AgentConnection("outputs-connection", { project: 1, agentId: 7, tokenId: 21 });
    for (const key of ["project", "agentId", "tokenId", "timeout", "lastUsedAt"] as const) {
      expect(pulumi.Output.isInstance(connection[key])).toBe(true);
    }
    expect(await valueOf(connection.tokenId)).toBe(21);
    const config = new ReceptiveUrlConfig("outputs-config", { project: 1, agentId: 7, url: "grpc://a" });
    for (const key of [
      "project",
      "agentId",
      "url",
      "clientCert",
      "clientKey",
      "caCert",
      "tlsHost",
      "urlConfigurationId",
      "publicKey",
    ] as const) {
      expect(pulumi.Output.isInstance(config[key])).toBe(true);
    }
  });
  test("an argument named like an output, which reaches check", async () => {
    const args = { project: 1, agentId: 7, token: "mine" } as unknown as { project: number; agentId: number };
    await valueOf(new AgentToken("strange", args).id);
    expect(inputsOf("strange")).toMatchObject({ token: "mine" });
  });
  test("the import option as an input, and no longer as an option", async () => {
    await valueOf(new ClusterAgent("taken", { project: 1, name: "a" }, { import: "1:7" }).id);
    expect(inputsOf("taken")).toMatchObject({ importId: "1:7" });
    await valueOf(
      new AgentToken("taken-token", { project: 1, agentId: 7 }, { import: "1:7:2", allowMissingToken: true }).id,
    );
    expect(inputsOf("taken-token")).toMatchObject({ importId: "1:7:2", allowMissingToken: true });
  });
});

test("an absent name becomes the resource's own, and is marked as the default", async () => {
  const absent = (value: null | undefined) => pulumi.output(value) as unknown as pulumi.Output<string>;
  for (const [name, value] of [
    ["null-name", absent(null)],
    ["undefined-name", absent(undefined)],
  ] as const) {
    await valueOf(new ClusterAgent(name, { project: 1, name: value }).id);
    expect(inputsOf(name)).toMatchObject({ name, __auto: true });
  }
  await valueOf(new AgentToken("given-name", { project: 1, agentId: 7, name: pulumi.output("blue") }).id);
  expect(inputsOf("given-name")).toMatchObject({ name: "blue" });
  expect(inputsOf("given-name")).not.toHaveProperty("__auto");
});

test("a token's type is possibly undefined only for imported and looked-up resources", () => {
  const created = new AgentToken("typed", { project: 1, agentId: 7 });
  const length: pulumi.Output<number> = created.token.apply((token) => token.length);
  const imported = new AgentToken(
    "typed-import",
    { project: 1, agentId: 7 },
    { import: "1:7:2", allowMissingToken: true },
  );
  // @ts-expect-error -- an imported token has no secret
  const unsafe: pulumi.Output<string> = imported.token;
  // @ts-expect-error -- neither has one that is looked up
  const lookedUp: pulumi.Output<string> = AgentToken.get("typed-get", "1:7:2").token;
  expect([length, unsafe, lookedUp].every((each) => pulumi.Output.isInstance(each))).toBe(true);
});

test("get passes only the id", async () => {
  expect(await valueOf(ClusterAgent.get("got", "group/app:9").id)).toBe("group/app:9");
  expect(inputsOf("got")).toEqual({ __provider: permanent("ClusterAgent").provider });
});

test("isInstance distinguishes the classes", () => {
  const agent = new ClusterAgent("instance", { project: 1 });
  expect(ClusterAgent.isInstance(agent)).toBe(true);
  expect(AgentToken.isInstance(agent)).toBe(false);
  expect(ReceptiveUrlConfig.isInstance({})).toBe(false);
  const connection = new AgentConnection("instance-connection", { project: 1, agentId: 7, tokenId: 21 });
  expect(AgentConnection.isInstance(connection)).toBe(true);
  expect(AgentConnection.isInstance(agent)).toBe(false);
  expect(ClusterAgent.isInstance(undefined)).toBe(false);
  const provider = new Provider("p", { token: "t", maxRetries: 3, insecure: false, headers: { "X-A": "1" } });
  expect(Provider.isInstance(provider)).toBe(true);
  expect(Provider.isInstance(agent)).toBe(false);
});

test("an explicit provider's settings are strings under the keys of the stack's configuration", async () => {
  const provider = new Provider("settings", {
    baseUrl: "https://g.example.com",
    token: "t",
    maxRetries: 3,
    insecure: true,
    headers: { "X-A": "1" },
  });
  await valueOf(provider.id);
  expect(inputsOf("settings")).toEqual({
    "gitlab:baseUrl": "https://g.example.com",
    "gitlab:token": secretly("t"),
    "gitlab:maxRetries": "3",
    "gitlab:insecure": "true",
    "gitlab:headers": secretly('{"X-A":"1"}'),
    "gitlab:providerName": "settings",
  });
  expect(await pulumi.isSecret(provider.__settings)).toBe(true);
});
