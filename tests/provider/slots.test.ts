import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { expectEntry } from "../support/catalogue";
import { agentToken, configured, logged } from "./doors";

let simulator: Simulator;
let output: jest.SpyInstance;
const printed: string[] = [];
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

let clients = 0;
beforeEach(async () => {
  printed.length = 0;
  output = jest.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  simulator.faults.clear();
  simulator.requests.length = 0;
  await configured(simulator, { headers: JSON.stringify({ "X-Client": `${++clients}` }) });
});
afterEach(() => output.mockRestore());

const warnings = () => [...printed, ...logged()].filter((line) => line.startsWith("warning: "));

let agents = 0;

/** A token that is to be replaced, on its own agent, with other users' tokens beside it. */
function tokenToReplace(others = 0) {
  const agent = simulator.state.createAgent(101, `agent-${++agents}`);
  const token = simulator.state.createToken(agent.id, "mine");
  const foreign = Array.from({ length: others }, () => simulator.state.createToken(agent.id, "somebody's", null, 2));
  const olds = { project: "group/app", agentId: agent.id, name: "mine", tokenId: token.id, projectId: 101 };
  const rotate = () =>
    agentToken.diff("id", olds, {
      project: "group/app",
      agentId: agent.id,
      name: "mine",
      rotationTriggers: { month: "2026-12" },
    });
  return { agent, token, other: foreign[0], rotate };
}

test("two active tokens: one warning that names the other token and says how to change the order", async () => {
  const { agent, token, other, rotate } = tokenToReplace(1);
  simulator.state.markTokenUsed(other?.id ?? 0, Date.parse("2026-01-02T03:04:05.678Z"));
  for (let plans = 0; plans < 2; plans++) expect(await rotate()).toMatchObject({ deleteBeforeReplace: true });
  const [warning = "", ...more] = warnings();
  expect(more).toEqual([]);
  expect(warning.trim().split("\n")).toHaveLength(1);
  for (const part of [
    `token ${token.id} "mine" of agent ${agent.id} in project group/app is to be replaced`,
    `token ${other?.id} "somebody's" (created ${new Date(other?.createdAt ?? 0).toISOString()} by user 2, last used 2026-01-02T03:04:05.678Z)`,
    `So token ${token.id} is revoked first`,
    "set the resource option `deleteBeforeReplace: false`",
    `glab cluster agent token revoke ${agent.id} ${other?.id}`,
  ])
    expect(warning).toContain(part);
  expect(warning).not.toMatch(/glagent-|glpat-/);
});

test("the warning says if the other token belongs to the same program, or is replaced as well", async () => {
  const { agent, token, other, rotate } = tokenToReplace(1);
  const olds = { project: 101, agentId: agent.id, name: "somebody's", tokenId: other?.id, projectId: 101 };
  await agentToken.diff("id", olds, { project: 101, agentId: agent.id, name: "somebody's" });
  await rotate();
  await agentToken.diff("id", olds, { project: 101, agentId: agent.id, name: "another" });
  const [first = "", second = ""] = warnings();
  expect(first).toMatch(
    new RegExp(`token ${other?.id} .*never used\\), which belongs to another resource of this program`),
  );
  expect(second).toMatch(new RegExp(`token ${token.id} .*never used\\), which this update replaces as well`));
});

test("a free slot: no warning", async () => {
  expect(await tokenToReplace().rotate()).toMatchObject({ deleteBeforeReplace: false });
  expect(warnings()).toEqual([]);
});

test("the last use cannot be read: the warning names the other token without it", async () => {
  const { other, rotate } = tokenToReplace(1);
  simulator.faults.add({ kind: "status", status: 422, method: "GET", path: "/**/tokens/*" });
  expect(await rotate()).toMatchObject({ deleteBeforeReplace: true });
  expect(warnings()[0]).toContain(`token ${other?.id} "somebody's" (created `);
});

test("the error for a third token says which listed token is the resource's own, and which belongs to another resource", async () => {
  for (const planned of [true, false]) {
    const { agent, token, other, rotate } = tokenToReplace(1);
    const door = agentToken;
    const theirs = { project: "group/app", agentId: agent.id, name: "somebody's", tokenId: other?.id, projectId: 101 };
    await door.diff(`group/app:${agent.id}:${other?.id}`, theirs, { ...theirs });
    if (planned) await rotate();
    const news = { project: "group/app", agentId: agent.id, name: "mine", rotationTriggers: { month: "2026-12" } };
    const message = await door.create(news).then(String, ({ message }: Error) => message);
    expect(message).toContain(`Another resource of this program has token ${other?.id}. `);
    // Only if this run has planned the replacement.
    const own = `This resource already has token ${token.id}, which is to be replaced. `;
    if (planned) expect(message).toContain(own);
    else expect(message).not.toContain("This resource's own");
    expect(message.includes("If this resource was renamed")).toBe(!planned);
    expect(simulator.state.activeTokens(agent.id).map(({ id }) => id)).toEqual([token.id, other?.id]);
  }
});

describe("where GitLab does not respond", () => {
  test("a single failed request is retried", async () => {
    const { rotate } = tokenToReplace(1);
    simulator.faults.add({ kind: "status", status: 503 });
    expect(await rotate()).toMatchObject({ deleteBeforeReplace: true });
  });

  test.each([
    ["503", () => simulator.faults.add({ kind: "status", status: 503, times: Infinity }), /answered 503|: 503/],
    ["nothing", () => simulator.faults.add({ kind: "delayAfter", delay: 60_000, times: Infinity }), /no|limit/],
    ["the connection is refused", () => configured(simulator, { baseUrl: "http://127.0.0.1:9" }), /refused/],
    // The last row, since GitLab's wait applies to all further requests of this process.
    [
      "429 with a long wait",
      () => simulator.faults.add({ kind: "status", status: 429, headers: { "Retry-After": "60" }, times: Infinity }),
      /429/,
    ],
  ])("%s: six plans take seconds, and one warning says which order is planned", async (_, happen, words) => {
    const tokens = Array.from({ length: 6 }, () => tokenToReplace(1));
    await happen();
    const startedAt = Date.now();
    for (const { rotate } of tokens)
      expect(await rotate()).toMatchObject({ changes: true, deleteBeforeReplace: false });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    const [warning = "", ...more] = warnings();
    expect(more).toEqual([]);
    expectEntry("Warning: it is not known whether a slot is free", warning.trimEnd());
    expect(warning).toMatch(words);
    expect(warning).toMatch(/new token is created first, and the old one is revoked last.*Run the command again/);
    // The process keeps this result, so that all tokens have one order: it sends no request even after GitLab is back.
    simulator.faults.clear();
    const before = simulator.requests.length;
    expect(await tokenToReplace(1).rotate()).toMatchObject({ deleteBeforeReplace: false });
    expect(simulator.requests).toHaveLength(before);
  });
});
