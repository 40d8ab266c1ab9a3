import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

const LIMIT = { message: "400 Bad request - An agent can have only two active tokens at a time" };

describe("agent tokens", () => {
  let gitlab: Simulator;
  let tokens: string;
  let agentId: number;

  beforeAll(async () => {
    gitlab = await startSimulator({ clock: () => Date.UTC(2026, 0, 2) });
  });
  beforeEach(() => {
    gitlab.reset();
    agentId = gitlab.state.createAgent(101, "cluster-a").id;
    tokens = `/projects/101/cluster_agents/${agentId}/tokens`;
  });
  afterAll(() => gitlab.close());

  it("shows the secret only at creation", async () => {
    const created = await send(gitlab, "POST", tokens, { body: { name: "one", description: "the first" } });
    expect(created.status).toBe(201);
    const { token, ...shown } = created.body;
    expect(token).toMatch(/^glagent-[\w-]{50}$/);
    expect(shown).toEqual({
      id: gitlab.state.tokens[0]?.id,
      name: "one",
      description: "the first",
      agent_id: agentId,
      status: "active",
      created_at: "2026-01-02T00:00:00.000Z",
      created_by_user_id: 1,
      last_used_at: null,
    });
    expect((await send(gitlab, "GET", `${tokens}/${shown.id}`, { as: "developer" })).body).toEqual(shown);
    const { last_used_at: _, ...listed } = shown;
    expect((await send(gitlab, "GET", tokens, { as: "developer" })).body).toEqual([listed]);
    expect(gitlab.state.tokenBySecret(token as string)?.id).toBe(shown.id);
  });

  it("creates a new secret each time, with the instance's prefix", async () => {
    const other = await startSimulator({ tokenPrefix: "acme-glagent-" });
    const agent = other.state.createAgent(101, "a");
    const secrets = [other.state.createToken(agent.id, "a").secret, other.state.createToken(agent.id, "a").secret];
    await other.close();
    expect(new Set(secrets).size).toBe(2);
    expect(secrets[0]).toMatch(/^acme-glagent-[\w-]{50}$/);
  });

  it("allows two active tokens, also with one name; a revoked one does not count", async () => {
    const make = (): ReturnType<typeof send> => send(gitlab, "POST", tokens, { body: { name: "same" } });
    const first = await make();
    expect((await make()).status).toBe(201);
    const third = await make();
    expect([third.status, third.body]).toEqual([400, LIMIT]);
    await send(gitlab, "DELETE", `${tokens}/${first.body.id}`);
    expect((await make()).status).toBe(201);
    expect(gitlab.state.activeTokens(agentId)).toHaveLength(2);
    expect(gitlab.state.tokens).toHaveLength(3);
  });

  it("reports the limit before it checks the name", async () => {
    gitlab.state.createToken(agentId, "a");
    gitlab.state.createToken(agentId, "b");
    expect((await send(gitlab, "POST", tokens, { body: { name: "" } })).body).toEqual(LIMIT);
  });

  it.each([
    [{ name: "" }, '["Name can\'t be blank"]'],
    [{ name: " \t" }, '["Name can\'t be blank"]'],
    [{ name: "n".repeat(256) }, '["Name is too long (maximum is 255 characters)"]'],
    [{ name: "a", description: "d".repeat(1025) }, '["Description is too long (maximum is 1024 characters)"]'],
  ])("refuses %j", async (body, reason) => {
    const response = await send(gitlab, "POST", tokens, { body });
    expect([response.status, response.body]).toEqual([400, { message: `400 Bad request - ${reason}` }]);
    expect(gitlab.state.tokens).toEqual([]);
  });

  it.each([
    { name: "n".repeat(255) },
    { name: "Näme 1", description: "d".repeat(1024) },
    { name: "x", description: null },
  ])("accepts %j", async (body) => {
    const response = await send(gitlab, "POST", tokens, { body });
    expect(response).toMatchObject({ status: 201, body: { description: null, ...body } });
  });

  it("revokes for good, and a second revocation succeeds", async () => {
    const { id } = gitlab.state.createToken(agentId, "one");
    const past = { "If-Unmodified-Since": "Fri, 01 Jan 2016 00:00:00 GMT" };
    for (let n = 0; n < 2; n += 1) {
      const response = await send(gitlab, "DELETE", `${tokens}/${id}`, { headers: past });
      expect([response.status, response.body]).toEqual([204, ""]);
    }
    const gone = await send(gitlab, "GET", `${tokens}/${id}`);
    expect([gone.status, gone.body]).toEqual([404, { message: "404 Not found" }]);
    expect((await send(gitlab, "GET", tokens)).body).toEqual([]);
    expect(gitlab.state.tokens).toMatchObject([{ id, status: "revoked" }]);
  });

  it("does not find a token of another agent", async () => {
    const other = gitlab.state.createAgent(101, "cluster-b");
    const { id } = gitlab.state.createToken(other.id, "theirs");
    for (const method of ["GET", "DELETE"]) {
      const response = await send(gitlab, method, `${tokens}/${id}`);
      expect([response.status, response.body]).toEqual([404, { message: "404 Not found" }]);
    }
    expect(gitlab.state.activeTokens(other.id)).toHaveLength(1);
  });

  it("lists the last used token first, in pages", async () => {
    const ids = ["a", "b", "c"].map((name) => gitlab.state.createToken(agentId, name).id);
    gitlab.state.markTokenUsed(ids[1]!, 1000);
    gitlab.state.markTokenUsed(ids[2]!, 2000);
    const { body, headers } = await send(gitlab, "GET", `${tokens}?per_page=2`);
    expect((body as { name: string }[]).map(({ name }) => name)).toEqual(["c", "b"]);
    expect([headers.get("X-Next-Page"), headers.get("X-Total")]).toEqual(["2", "3"]);
    expect(headers.get("Link")).toContain(
      `<${gitlab.url}/api/v4${tokens}?agent_id=${agentId}&id=101&page=2&per_page=2>; rel="next"`,
    );
    expect((await send(gitlab, "GET", `${tokens}/${ids[1]}`)).body.last_used_at).toBe("1970-01-01T00:00:01.000Z");
  });

  it("trims texts if configured", async () => {
    const other = await startSimulator({ normalize: "trim" });
    const agent = other.state.createAgent(101, "a");
    const path = `/projects/101/cluster_agents/${agent.id}/tokens`;
    const { body } = await send(other, "POST", path, { body: { name: " one ", description: " d " } });
    await other.close();
    expect(body).toMatchObject({ name: "one", description: "d" });
  });
});
