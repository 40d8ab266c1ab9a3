import { AgentConnection, AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack, type EngineRun } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

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
