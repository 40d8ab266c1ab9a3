import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack, type EngineRun } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  // The simulated GitLab trims names and descriptions.
  simulator = await startSimulator({ normalize: "trim" });
});
afterAll(() => simulator.close());

const url = "grpcs://agent.example.com:443";
const changes = (run: EngineRun) => run.changed.map(({ op, name }) => `${op} ${name}`).sort();

test("refresh finds what was changed by hand, and the next update repairs it", async () => {
  const { state } = simulator;
  const pair = await (await certificateAuthority()).issue();
  const program = () => {
    const agents = ["kept", "deleted", "unset", "changed", "unlocked", "remade"].map((name) => {
      const agent = new ClusterAgent(name, { project: "group/app" });
      return [name, { project: agent.project, agentId: agent.agentId }] as const;
    });
    const tokens = agents.map(([name, agent]) => [name, new AgentToken(`${name}-token`, agent).token] as const);
    for (const [name, agent] of agents) {
      const mtls = name === "unlocked" ? { clientCert: pair.cert, clientKey: pair.key } : {};
      new ReceptiveUrlConfig(`${name}-config`, { ...agent, url, ...mtls });
    }
    const [[, kept] = ["", undefined]] = agents;
    const padded = new AgentToken("padded", { ...kept!, name: "  padded ", description: "\tdescribed\n" });
    const [, [, deleted] = ["", undefined]] = agents;
    new AgentToken("blank", { ...deleted!, description: "  " });
    return Promise.resolve({ ...Object.fromEntries(tokens), padded: padded.name, description: padded.description });
  };
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ config, program }, async (stack) => {
    const { outputs } = await stack.up();
    expect(outputs["padded"]?.value).toBe("padded");
    expect(outputs["description"]?.value).toBe("described");
    const id = (name: string) => state.agent(name).id;
    const secretOf = (name: string) =>
      state.activeTokens(id(name)).find((token) => token.name === `${name}-token`)?.secret;

    // Agents are running: tokens are used, agents are receptive. That is no difference, and all secrets are kept.
    for (const token of state.activeTokens()) state.markTokenUsed(token.id);
    expect(state.agents.every(({ isReceptive }) => isReceptive)).toBe(true);
    expect((await stack.refresh({ expectNoChanges: true })).changed).toEqual([]);

    // Changes by hand.
    simulator.requests.length = 0;
    const [revoked] = state.activeTokens(id("unset"));
    state.revokeToken(revoked?.id ?? 0);
    state.deleteAgent(id("deleted"));
    state.deleteUrlConfiguration(id("unset"));
    const byHand = state.setUrlConfiguration(id("changed"), { url: "grpc://somewhere.example.com:80" });
    const unlocked = state.setUrlConfiguration(id("unlocked"), { url });
    const same = state.setUrlConfiguration(id("remade"), { url });

    const refresh = await stack.refresh();
    expect(changes(refresh)).toEqual([
      "delete blank",
      "delete changed-config",
      "delete deleted",
      "delete deleted-config",
      "delete deleted-token",
      "delete remade-config",
      "delete unlocked-config",
      "delete unset-config",
      "delete unset-token",
    ]);
    const repairs = ["blank", "changed-config", "deleted", "deleted-config", "deleted-token", "remade-config"]
      .concat(["unlocked-config", "unset-config", "unset-token"])
      .map((name) => `create ${name}`);

    // A configuration in place of ours is somebody else's: the error names it and the next step, and it stays unchanged.
    const refused = await stack.up({ continueOnError: true, expectFailure: true });
    expect(changes(refused)).toEqual(repairs);
    for (const other of [byHand, unlocked, same]) {
      expect(refused.output).toContain(`Agent ${other.agentId} has URL configuration ${other.id} for ${other.url}`);
      expect(refused.output).toContain(`import: "group/app:${other.agentId}:${other.id}"`);
      expect(state.urlConfigurations).toContainEqual(other);
    }
    expect(simulator.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    for (const { agentId } of [byHand, unlocked, same]) state.deleteUrlConfiguration(agentId);
    const up = await stack.up();
    expect(changes(up)).toEqual(["create changed-config", "create remade-config", "create unlocked-config"]);

    expect(state.urlConfigurations.map((one) => one.url)).toEqual(Array.from({ length: 6 }, () => url));
    expect(state.urlConfigurations.find(({ agentId }) => agentId === id("unlocked"))?.clientCert).toBe(pair.cert);
    // The program gets the secret of each token, whether it was created again or found by two refreshes.
    for (const name of ["kept", "deleted", "unset", "changed", "unlocked", "remade"]) {
      expect(up.outputs[name]).toEqual({ value: secretOf(name), secret: true });
    }
    expect(up.outputs["unset"]?.value).not.toBe(revoked?.secret);
    expect(state.activeTokens()).toHaveLength(8);
    simulator.requests.length = 0;
    expect((await stack.preview()).changed).toEqual([]);
    expect(simulator.requests).toEqual([]);
  });
});
