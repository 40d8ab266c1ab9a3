import type * as pulumi from "@pulumi/pulumi";
import { AgentConnection, AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack, type EngineRun } from "../support/engine";

const DAY = 24 * 60 * 60 * 1000;
let simulator: Simulator;
let daysAgo = () => 0;
beforeAll(async () => {
  simulator = await startSimulator({ clock: () => Date.now() - daysAgo() * DAY });
});
afterAll(() => simulator.close());
beforeEach(() => {
  daysAgo = () => 0;
  simulator.reset();
});

const config = () => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
});

/** The requests since the index, in order: `POST tokens`, `GET tokens/1`, … */
const asked = (from = 0) =>
  simulator.requests
    .slice(from)
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/cluster_agents(\/\d+)?\/?/, "") || "agent"}`);
const active = () => simulator.state.activeTokens().map(({ id }) => id);

/** Calls `act` as soon as GitLab has served this number of polls for a token. */
async function afterPolls(tokenId: number, act: () => void, polls = 1): Promise<void> {
  const done = () => asked().filter((line) => line === `GET tokens/${tokenId}`).length >= polls;
  for (let waited = 0; !done(); waited += 20) {
    if (waited > 60_000) throw new Error(`token ${tokenId} was not polled`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  act();
}

/** Prints the engine's output if SHOW_OUTPUT is set. */
function show(title: string, run: EngineRun): void {
  if (process.env["SHOW_OUTPUT"] !== undefined) process.stdout.write(`=== ${title}\n${run.output}\n`);
}

test("a rotation waits until the new token is used; without that it fails and revokes nothing; cancelled, repaired, destroyed", async () => {
  const { state } = simulator;
  const program =
    (month: string, timeout = 60) =>
    () => {
      const { project, agentId } = new ClusterAgent("production", { project: "group/app" });
      const token = new AgentToken("production", { project, agentId, rotationTriggers: { month } });
      const connection = new AgentConnection("production", { project, agentId, tokenId: token.tokenId, timeout });
      return Promise.resolve({ tokenId: token.tokenId, lastUsedAt: connection.lastUsedAt });
    };
  await withStack({ program: program("11"), config: config() }, async (stack) => {
    const [up] = await Promise.all([stack.up(), afterPolls(1, () => state.markTokenUsed(1))]);
    show("the first update, which waits", up);
    expect(up.output).toContain("waiting until agent 1 of project group/app has used token 1, for at most 60 s");
    expect(up.outputs["lastUsedAt"]?.value).toBe(new Date(state.tokens[0]?.lastUsedAt ?? 0).toISOString());
    // The reads of the token and its connection share one list.
    await stack.refresh({ expectNoChanges: true });

    // The token is used after the second poll, so the update must poll at least three times.
    stack.program = program("12");
    let from = simulator.requests.length;
    const [rotation] = await Promise.all([stack.up(), afterPolls(2, () => state.markTokenUsed(2), 2)]);
    show("a rotation that waits", rotation);
    const order = asked(from);
    expect(order.filter((line) => line === "GET tokens/2").length).toBeGreaterThanOrEqual(3);
    expect(order.indexOf("POST tokens")).toBeLessThan(order.indexOf("GET tokens/2"));
    expect(order.indexOf("DELETE tokens/1")).toBeGreaterThan(order.lastIndexOf("GET tokens/2"));
    expect(active()).toEqual([2]);

    // The token is never used: the update fails, and nothing is revoked.
    stack.program = program("13", 3);
    from = simulator.requests.length;
    const failed = await stack.up({ expectFailure: true });
    show("a rotation that fails", failed);
    expect(failed.output).toMatch(
      /Could not see agent 1 of project group\/app use token 3: GitLab saw no use of the token within 3 s.*Nothing was revoked.*`pulumi up` again/,
    );
    expect(failed.output).not.toContain("glagent-");
    expect(asked(from).filter((line) => line.startsWith("DELETE"))).toEqual([]);
    expect(active()).toEqual([2, 3]);

    // Ctrl-C ends the wait at once.
    stack.program = program("13", 600);
    from = simulator.requests.length;
    let pid = 0;
    let interruptedAt = 0;
    const polled = asked().filter((line) => line === "GET tokens/3").length;
    const [cancelled] = await Promise.all([
      stack.up({ expectFailure: true, onStart: (started) => (pid = started) }),
      afterPolls(
        3,
        () => {
          interruptedAt = Date.now();
          process.kill(pid, "SIGINT");
        },
        polled + 1,
      ),
    ]);
    show("a rotation that is cancelled", cancelled);
    expect(Date.now() - interruptedAt).toBeLessThan(30_000);
    expect(cancelled.output).toMatch(
      /Could not see agent 1 .* use token 3: the update was cancelled.*Nothing was revoked/,
    );
    expect(active()).toEqual([2, 3]);

    // The token is used now: the next update continues, and revokes the old token after it has read the use of the new one.
    from = simulator.requests.length;
    state.markTokenUsed(3);
    const mended = await stack.up();
    show("the update that mends it", mended);
    const mending = asked(from);
    expect(mending.indexOf("DELETE tokens/2")).toBeGreaterThan(mending.lastIndexOf("GET tokens/3"));
    expect(mending).not.toContain("POST tokens");
    expect(active()).toEqual([3]);
    const before = simulator.requests.length;
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
    expect(asked(before)).toEqual([]);

    // The token is revoked during the wait: an error at once, long before the limit.
    stack.program = program("14", 600);
    const startedAt = Date.now();
    const [revoked] = await Promise.all([stack.up({ expectFailure: true }), afterPolls(4, () => state.revokeToken(4))]);
    expect(revoked.output).toMatch(/token 4: .*answered 404.*Token 4 is not active: it was revoked/);
    expect(Date.now() - startedAt).toBeLessThan(90_000);
    expect(active()).toEqual([3]);

    // Destroyed after the failed update: both tokens are revoked, without a wait.
    from = simulator.requests.length;
    await stack.destroy();
    expect(
      asked(from)
        .filter((line) => line.startsWith("DELETE"))
        .sort(),
    ).toEqual(["DELETE agent", "DELETE tokens/3", "DELETE tokens/4"]);
    expect(state.agents).toEqual([]);
  });
});

test("by age: two of three tokens are due; the number of days changes; one is due while both slots are taken", async () => {
  const { state } = simulator;
  const made = (name: string) => state.createAgent(101, name).id;
  const agents = { young: made("young"), old: made("old"), full: made("full") };
  const foreign = state.createToken(agents.full, "somebody's");
  const program = (days: Record<"young" | "old" | "full", number>) => () => {
    const at = (agentId: pulumi.Input<number>) => ({ project: "group/app", agentId });
    const old = new AgentToken("old", { ...at(agents.old), rotateAfterDays: days.old });
    for (const name of ["young", "full"] as const)
      new AgentToken(name, { ...at(agents[name]), rotateAfterDays: days[name] }, { dependsOn: old });
    return Promise.resolve({});
  };
  const replaced = (run: EngineRun) =>
    run.steps.filter(({ op }) => op === "replace").map(({ name, keys }) => `${name} for ${keys.join()}`);
  await withStack({ program: program({ young: 90, old: 90, full: 90 }), config: config() }, async (stack) => {
    // The other two are created once the old one exists, three weeks later.
    daysAgo = () => (state.activeTokens(agents.old).length === 0 ? 31 : 10);
    await stack.up();
    const ages = ["old", "young", "full"].map((name) => {
      const { createdAt } = state.activeTokens().find((token) => token.name === name)!;
      return Math.round((Date.now() - Number(new Date(createdAt))) / DAY);
    });
    expect(ages).toEqual([31, 10, 10]);

    daysAgo = () => 0;
    stack.program = program({ young: 30, old: 30, full: 7 });
    simulator.requests.length = 0;
    const preview = await stack.preview();
    show("a preview in which two of three tokens are due", preview);
    expect(replaced(preview).sort()).toEqual(["full for rotateAfterDays", "old for rotateAfterDays"]);
    expect(preview.output).toMatch(/warning: token \d+ "full" .*no free slot.*somebody's.*deleteBeforeReplace: false/);
    // The tokens are listed to count free slots, and the one that takes the slot is read for the warning.
    expect(asked().sort()).toEqual(["GET tokens", "GET tokens", `GET tokens/${foreign.id}`]);

    // Only the new number of days counts: after 10 days, a token with 7 days is due, and one with 90 is not.
    stack.program = program({ young: 90, old: 90, full: 7 });
    const up = await stack.up();
    expect(replaced(up)).toEqual(["full for rotateAfterDays"]);
    expect(up.ops("full").filter((op) => op !== "same")).toEqual(["delete-replaced", "replace", "create-replacement"]);
    expect([...new Set([...up.ops("young"), ...up.ops("old")])]).toEqual(["same"]);
    expect(
      state
        .activeTokens(agents.full)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["full", "somebody's"]);
    expect(active()).toContain(foreign.id);
    expect((await stack.preview({ expectNoChanges: true })).changed).toEqual([]);
  });
});
