import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

const AGENTS = "/projects/101/cluster_agents";
const FORMAT = "Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'";

describe("agents", () => {
  let gitlab: Simulator;

  beforeAll(async () => {
    gitlab = await startSimulator({ clock: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), clockSkew: 1000 });
  });
  beforeEach(() => gitlab.reset());
  afterAll(() => gitlab.close());

  it("registers an agent and shows every field", async () => {
    const { status, body } = await send(gitlab, "POST", AGENTS, { body: { name: "cluster-a" } });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: 1,
      name: "cluster-a",
      config_project: {
        id: 101,
        description: "Application",
        name: "app",
        name_with_namespace: "group / app",
        path: "app",
        path_with_namespace: "group/app",
        created_at: "2026-01-02T03:04:06.678Z",
      },
      created_at: "2026-01-02T03:04:06.678Z",
      created_by_user_id: 1,
      is_receptive: false,
    });
    expect((await send(gitlab, "GET", `${AGENTS}/1`, { as: "developer" })).body).toEqual(body);
  });

  it.each([
    ["", `400 Bad request - ["Name can't be blank", "${FORMAT}"]`],
    [null, `400 Bad request - ["Name can't be blank", "${FORMAT}"]`],
    ["a_b", `400 Bad request - ["${FORMAT}"]`],
    ["-a", `400 Bad request - ["${FORMAT}"]`],
    ["a-", `400 Bad request - ["${FORMAT}"]`],
    ["a\n", `400 Bad request - ["${FORMAT}"]`],
    ["A", `400 Bad request - ["${FORMAT}"]`],
    ["taken", '400 Bad request - ["Name has already been taken"]'],
    ["a".repeat(64), '400 Bad request - ["Name is too long (maximum is 63 characters)"]'],
    ["A".repeat(64), `400 Bad request - ["Name is too long (maximum is 63 characters)", "${FORMAT}"]`],
  ])("refuses the name %j", async (name, message) => {
    gitlab.state.createAgent(101, "taken");
    const { status, body } = await send(gitlab, "POST", AGENTS, { body: { name } });
    expect({ status, body }).toEqual({ status: 400, body: { message } });
    expect(gitlab.state.agents).toHaveLength(1);
  });

  it.each(["a", "7", "0-a", "a--b", "a".repeat(63)])("accepts the name %s", async (name) => {
    expect((await send(gitlab, "POST", AGENTS, { body: { name } })).status).toBe(201);
  });

  it("allows the same name in another project", async () => {
    gitlab.state.createAgent(102, "cluster-a");
    expect((await send(gitlab, "POST", AGENTS, { body: { name: "cluster-a" } })).status).toBe(201);
  });

  it("deletes an agent with its tokens, and a second deletion is a 404", async () => {
    const agent = gitlab.state.createAgent(101, "cluster-a");
    const token = gitlab.state.createToken(agent.id, "one");
    gitlab.state.setUrlConfiguration(agent.id, { url: "grpc://agent.example.com" });
    const first = await send(gitlab, "DELETE", `${AGENTS}/${agent.id}`);
    expect([first.status, first.body]).toEqual([204, ""]);
    expect((await send(gitlab, "DELETE", `${AGENTS}/${agent.id}`)).status).toBe(404);
    const child = await send(gitlab, "GET", `${AGENTS}/${agent.id}/tokens/${token.id}`);
    expect([child.status, child.body]).toEqual([404, { message: "404 Not found" }]);
    expect([gitlab.state.tokens, gitlab.state.urlConfigurations]).toEqual([[], []]);
  });

  it("respects If-Unmodified-Since on delete", async () => {
    const agent = gitlab.state.createAgent(101, "cluster-a");
    const before = { "If-Unmodified-Since": "Fri, 02 Jan 2026 03:04:06 GMT" };
    const refused = await send(gitlab, "DELETE", `${AGENTS}/${agent.id}`, { headers: before });
    expect([refused.status, refused.body]).toEqual([412, { message: "412 Precondition Failed" }]);
    const after = { "If-Unmodified-Since": "Fri, 02 Jan 2026 03:04:07 GMT" };
    expect((await send(gitlab, "DELETE", `${AGENTS}/${agent.id}`, { headers: after })).status).toBe(204);
  });

  it("hides an agent of another project, and one that does not exist", async () => {
    const agent = gitlab.state.createAgent(102, "elsewhere");
    for (const id of [agent.id, 999, "99999999999999999999", 0, -1]) {
      const { status, body } = await send(gitlab, "GET", `${AGENTS}/${id}`);
      expect([status, body]).toEqual([404, { message: "404 Not found" }]);
    }
  });

  it("lists by name, in pages, with GitLab's headers", async () => {
    for (let n = 24; n >= 0; n -= 1) gitlab.state.createAgent(101, `agent-${String(n).padStart(2, "0")}`);
    const { body, headers } = await send(gitlab, "GET", "/projects/group%2Fapp/cluster_agents?page=2&per_page=10");
    expect((body as { name: string }[]).map((agent) => agent.name)).toEqual(
      Array.from({ length: 10 }, (_, n) => `agent-${10 + n}`),
    );
    expect(pagination(headers)).toEqual(["10", "2", "3", "1", "25", "3"]);
    const link = (page: number, rel: string): string =>
      `<${gitlab.url}/api/v4/projects/group%2Fapp/cluster_agents?id=group%2Fapp&page=${page}&per_page=10>; rel="${rel}"`;
    expect(headers.get("Link")).toBe([link(1, "prev"), link(3, "next"), link(1, "first"), link(3, "last")].join(", "));
  });

  it.each([
    ["", 20, ["20", "1", "2", "", "25", "2"]],
    ["?per_page=1000", 25, ["100", "1", "", "", "25", "1"]],
    ["?page=0&per_page=-5", 20, ["20", "1", "2", "", "25", "2"]],
    [`?page=${"9".repeat(400)}`, 0, ["20", "9007199254740991", "", "", "25", "2"]],
    ["?page=3", 0, ["20", "3", "", "", "25", "2"]],
    ["?per_page=", 20, ["20", "1", "2", "", "25", "2"]],
  ])("returns the page %j", async (query, length, headers) => {
    for (let n = 0; n < 25; n += 1) gitlab.state.createAgent(101, `agent-${n}`);
    const response = await send(gitlab, "GET", AGENTS + query);
    expect([response.body.length, pagination(response.headers)]).toEqual([length, headers]);
  });

  it.each([
    ["?page=x", "page is invalid"],
    ["?per_page=0", "per_page has a value not allowed"],
    ["?page[]=1&per_page=1.5", "page is invalid, per_page is invalid"],
  ])("refuses the page %j", async (query, error) => {
    const { status, body } = await send(gitlab, "GET", AGENTS + query);
    expect([status, body]).toEqual([400, { error }]);
  });

  it("omits the totals above ten thousand", async () => {
    for (let n = 0; n <= 10_000; n += 1) gitlab.state.createAgent(101, `agent-${n}`);
    const { headers } = await send(gitlab, "GET", AGENTS);
    expect(pagination(headers)).toEqual(["20", "1", "2", "", null, null]);
    expect(headers.get("Link")).toMatch(/rel="next", <[^>]+>; rel="first"$/);
  });

  it.each(["PUT", "PATCH", "DELETE"])("has no %s for the collection", async (method) => {
    const { status, body } = await send(gitlab, method, AGENTS, { body: { name: "a" } });
    expect([status, body]).toEqual([404, { error: "404 Not Found" }]);
  });
});

const pagination = (headers: Headers): (string | null)[] =>
  ["X-Per-Page", "X-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages"].map((name) => headers.get(name));
