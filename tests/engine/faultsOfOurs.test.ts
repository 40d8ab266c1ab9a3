import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withWatchedStack } from "../support/canary";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { withStack } from "../support/engine";

let simulator: Simulator;
let pair: KeyedCertificate;
beforeAll(async () => {
  pair = await (await certificateAuthority()).issue();
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const config = (settings: Record<string, string> = {}) => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  ...settings,
});

test("a response to a creation that our code cannot read: recorded, completed by the next update, never orphaned", async () => {
  const there = simulator.state.createAgent(101, "there");
  const program = () => {
    const agent = new ClusterAgent("made", { project: "group/app" });
    const mtls = { clientCert: pair.cert, clientKey: pair.key };
    const url = "grpcs://agent.example.com:443";
    const made = new ReceptiveUrlConfig("made", { project: "group/app", agentId: there.id, url, ...mtls });
    return Promise.resolve({ path: agent.configProject.pathWithNamespace, url: made.url, cert: made.clientCert });
  };
  const secrets = () => ({ credential: simulator.tokens["maintainer"] ?? "", "client key": pair.key });
  await withWatchedStack({ program, config: config() }, secrets, async (stack) => {
    const odd = { kind: "commitThenStatus", method: "POST", status: 201 } as const;
    // An agent without configProject, and a certificate that is not a string.
    simulator.faults.add({ ...odd, path: "/**/cluster_agents", body: { id: there.id + 1, name: "made" } });
    simulator.faults.add({ ...odd, path: "/**/url_configurations", body: { id: 1, client_cert: 5 } });
    const half = await stack.up({ expectFailure: true, continueOnError: true });
    expect(half.output).toContain(
      `The object exists in GitLab as group/app:${there.id + 1}, but its response could not be read`,
    );
    expect(half.output).toContain(`The object exists in GitLab as group/app:${there.id}:1, but its response could not`);
    expect(half.output).toContain("It is recorded; run `pulumi up` again to complete it.");

    simulator.requests.length = 0;
    const whole = await stack.up();
    expect(whole.changes).toMatchObject({ update: 2 });
    // Reads of the agent, the URL configuration, and its project's number.
    expect(simulator.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET"]);
    expect(whole.outputs).toMatchObject({
      path: { value: "group/app" },
      url: { value: "grpcs://agent.example.com:443" },
    });
    await stack.preview({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
    await stack.destroy();
    expect(simulator.state.agents).toEqual([there]);
    expect(simulator.state.urlConfigurations).toEqual([]);
  });
});

test("the same, destroyed at once", async () => {
  const program = () => Promise.resolve({ id: new ClusterAgent("made", { project: "group/app" }).id });
  await withStack({ program, config: config() }, async (stack) => {
    const body = { id: 1, name: "made" };
    simulator.faults.add({ kind: "commitThenStatus", method: "POST", status: 201, path: "/**/cluster_agents", body });
    await stack.up({ expectFailure: true });
    await stack.destroy();
    expect(simulator.state.agents).toEqual([]);
  });
});

test("time limits: the error says how often and how long it was tried, and what was last seen", async () => {
  const [one, two] = ["a", "b"].map((name) => simulator.state.createAgent(101, name).id) as [number, number];
  const program = () => {
    new AgentToken("unavailable", { project: 101, agentId: one });
    new ReceptiveUrlConfig("lost", { project: 101, agentId: two, url: "grpc://agent.example.com:80" });
    return Promise.resolve({});
  };
  const limits = { "gitlab:maxRetries": "1", "gitlab:requestTimeout": "5", "gitlab:operationTimeout": "60" };
  await withStack({ program, config: config(limits) }, async (stack) => {
    simulator.faults.add({
      kind: "status",
      status: 503,
      path: `/projects/101/cluster_agents/${one}/tokens`,
      times: Infinity,
    });
    simulator.faults.add({
      kind: "delayBefore",
      delay: 6000,
      path: `/**/${two}/url_configurations`,
      method: "POST",
      times: 2,
    });
    // The first list comes before the creation, so the agent's earlier configurations are known.
    const path = `/**/${two}/url_configurations`;
    simulator.faults.add({ kind: "dropBefore", path, method: "GET", skip: 1, times: Infinity });
    const spent = await stack.up({ expectFailure: true, continueOnError: true });
    expect(spent.output).toMatch(
      /answered 503: an HTML page titled "GitLab is not responding \(503\)" \(tried 2 times in \d+ s/,
    );
    expect(spent.output).toMatch(
      /GET .*url_configurations .*ECONNRESET \(tried 2 times in \d+ s\).*the response to an earlier try was lost/,
    );
  });
});

test("a long wait that GitLab asks for is shown once for all waiting requests, and is respected", async () => {
  const agents = ["a", "b", "c"].map((name) => simulator.state.createAgent(101, name).id);
  const program = () => {
    for (const agentId of agents) new AgentToken(`token-${agentId}`, { project: 101, agentId });
    return Promise.resolve({});
  };
  await withStack({ program, config: { ...config(), "gitlab:maxConcurrency": "1" } }, async (stack) => {
    // One request at a time, so that only the first one is refused, also on a busy machine.
    simulator.faults.add({ kind: "rateLimit", retryAfter: 10 });
    const run = await stack.up();
    expect(run.diagnostics.join("\n").match(/limits the request rate \(429\)/g)).toHaveLength(1);
    expect(simulator.state.activeTokens()).toHaveLength(3);
    const [first, ...rest] = simulator.requests.filter(({ status }) => status !== 429).map(({ at }) => at);
    const refused = Math.max(...simulator.requests.filter(({ status }) => status === 429).map(({ at }) => at));
    for (const at of [first ?? 0, ...rest]) expect(at - refused).toBeGreaterThan(9_900);
  });
});
