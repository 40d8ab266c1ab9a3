import type { ServiceError } from "@grpc/grpc-js";
import { CreateRequest } from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { startSimulator, type FaultRule, type Simulator } from "pulumi-gitlab-agent/simulator";
import { nextRun } from "../provider/doors";
import { expectEntry } from "../support/catalogue";
import { urnOf } from "../support/nativeDoors";
import { servePlugin, struct, type ServedPlugin } from "../support/plugin";

let simulator: Simulator;
let plugin: ServedPlugin;
beforeAll(async () => {
  plugin = await servePlugin();
});
afterAll(() => plugin.close());
// A new GitLab for each test, so that no wait affects the next test.
beforeEach(async () => {
  simulator = await startSimulator();
  nextRun();
  await plugin.configure({ baseUrl: simulator.url, token: simulator.tokens["maintainer"] ?? "" });
  plugin.log.length = 0;
});
afterEach(() => simulator.close());

/** Creates a resource that fails, and returns the error and the seconds that it took. */
async function failure(
  type: string,
  inputs: object,
  timeout = 0,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
) {
  const startedAt = performance.now();
  const request = new CreateRequest().setUrn(urnOf(type)).setProperties(struct(inputs)).setTimeout(timeout);
  const creation = plugin.call("create", request).then(
    () => "nothing failed",
    (error: ServiceError) => error.details,
  );
  await meanwhile();
  return { why: await creation, seconds: (performance.now() - startedAt) / 1000 };
}
const addFault = (rule: FaultRule) => simulator.faults.add(rule);
const POST = { method: "POST", path: "/**/cluster_agents" };

describe("the resource option customTimeouts", () => {
  const inputs = { project: "group/app", name: "a" };

  test.each([
    ["in the waits between tries", { kind: "refuse", times: Infinity, ...POST }],
    ["in a request", { kind: "delayBefore", delay: 20_000, ...POST }],
  ] as [string, FaultRule][])("is the limit of the operation, which errors name: %s", async (_, fault) => {
    addFault(fault);
    const { why, seconds } = await failure("ClusterAgent", inputs, 1);
    expect(why).toMatch(
      /limit of 1 s|the operation's limit passed|The limit is the resource option `customTimeouts`, 1 s: raise it/,
    );
    expect(why).not.toMatch(/operationTimeout|saved in the state/);
    expect(seconds).toBeLessThan(8);
  });

  test("is the limit of a connection's wait if `timeout` is not given", async () => {
    const agent = simulator.state.createAgent(101, "a");
    const token = simulator.state.createToken(agent.id, "unused");
    const awaited = { project: "group/app", agentId: agent.id, tokenId: token.id };
    expect((await failure("AgentConnection", awaited, 1)).why).toMatch(/GitLab saw no use of the token within 1 s/);
    expect((await failure("AgentConnection", { ...awaited, timeout: 2 }, 1)).why).toMatch(
      /no use of the token within 2 s/,
    );
  });
});

describe("Cancel ends every wait", () => {
  const cancel = async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await plugin.call("cancel", new Empty());
  };
  const agent = { project: "group/app", name: "a" };

  test.each([
    [
      "between tries",
      "ClusterAgent",
      { kind: "rateLimit", retryAfter: 60, times: Infinity },
      /429.*since the update was cancelled/,
    ],
    [
      "for a GitLab that is down",
      "ClusterAgent",
      { kind: "refuse", times: Infinity },
      /the update was cancelled.*Note: the response to an earlier try was lost/,
    ],
    ["in the repair of a lost answer", "ClusterAgent", { kind: "commitThenDrop", times: Infinity }, /was cancelled/],
  ] as [string, string, FaultRule, RegExp][])("%s", async (_, type, fault, reason) => {
    addFault({ ...fault, ...POST });
    // The lookup after the lost response fails, too.
    if (fault.kind === "commitThenDrop") addFault({ kind: "status", status: 503, method: "GET", times: Infinity });
    const { why, seconds } = await failure(type, agent, 0, cancel);
    expect(why).toMatch(reason);
    if (fault.kind === "refuse") expectEntry("The update was cancelled", why);
    expect(seconds).toBeLessThan(8);
  });

  test("for a slot, while another request's 429 makes all wait", async () => {
    addFault({ kind: "rateLimit", retryAfter: 60, ...POST });
    const first = failure("ClusterAgent", agent);
    while (simulator.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { why, seconds } = await failure("ClusterAgent", { ...agent, name: "b" }, 0, cancel);
    expect(why).toMatch(/GitLab asked this process to wait and the update was cancelled/);
    expect((await first).why).toMatch(/since the update was cancelled/);
    expect(seconds).toBeLessThan(8);
  });

  test("for the use of a token, and says that nothing was revoked", async () => {
    const { id: agentId } = simulator.state.createAgent(101, "a");
    const { id: tokenId } = simulator.state.createToken(agentId, "unused");
    const { why, seconds } = await failure("AgentConnection", { project: "group/app", agentId, tokenId }, 0, cancel);
    expect(why).toMatch(/the update was cancelled.*Nothing was revoked/);
    expect(seconds).toBeLessThan(8);
  });

  test("and operations that need no wait are still carried out, so that nothing is lost", async () => {
    await plugin.call("cancel", new Empty());
    expect((await failure("ClusterAgent", agent)).why).toBe("nothing failed");
  });
});
