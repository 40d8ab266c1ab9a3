import { type Role, type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

const FORBIDDEN = [403, { message: "403 Forbidden" }];
const UNAUTHORIZED = [401, { message: "401 Unauthorized" }];
const NO_PROJECT = [404, { message: "404 Project Not Found" }];
const NO_AGENTS = [404, { message: "404 ClusterAgents Not Found" }];
const NOT_FOUND = [404, { message: "404 Not found" }];
const AGENTS = "/projects/101/cluster_agents";

describe("access", () => {
  let gitlab: Simulator;

  beforeAll(async () => {
    const users = (["owner", "maintainer", "developer", "reporter", "guest", "none"] as Role[]).map((role) => ({
      username: role,
      token: `credential-of-${role}`,
      role,
    }));
    gitlab = await startSimulator({
      users: [
        ...users,
        { username: "root", token: "credential-of-root", role: "none", admin: true },
        {
          username: "mixed",
          token: "credential-of-mixed",
          role: { 101: "developer", "group/subgroup/infra": "maintainer" },
        },
        { username: "reader", token: "credential-of-reader", role: "maintainer", scopes: ["read_api"] },
        { username: "late", token: "credential-of-late", role: "maintainer", expired: true },
        { username: "blocked", token: "credential-of-blocked", role: "maintainer", state: "blocked" },
        { username: "narrow", token: "credential-of-narrow", role: "maintainer", scopes: ["read_repository"] },
      ],
      projects: [
        { path: "group/app" },
        { path: "group/subgroup/infra" },
        { id: 200, path: "group/public", visibility: "public" },
      ],
    });
  });
  beforeEach(() => {
    gitlab.reset();
    const agent = gitlab.state.createAgent(101, "a");
    gitlab.state.createToken(agent.id, "t");
  });
  afterAll(() => gitlab.close());

  const outcome = async (method: string, path: string, as: string | null, body?: unknown): Promise<unknown[]> => {
    const response = await send(gitlab, method, path, { as, body });
    return [response.status, response.body as unknown];
  };
  const token = (): number => gitlab.state.tokens[0]!.id;

  it.each(["owner", "maintainer", "root"])("lets %s do everything", async (as) => {
    expect((await outcome("GET", AGENTS, as))[0]).toBe(200);
    expect((await outcome("POST", AGENTS, as, { name: "b" }))[0]).toBe(201);
    expect((await outcome("POST", `${AGENTS}/1/tokens`, as, { name: "b" }))[0]).toBe(201);
    expect((await outcome("DELETE", `${AGENTS}/1/tokens/${token()}`, as))[0]).toBe(204);
    expect((await outcome("GET", `${AGENTS}/1/url_configurations`, as))[0]).toBe(200);
    expect((await outcome("DELETE", `${AGENTS}/1`, as))[0]).toBe(204);
  });

  it("lets a developer read everything except URL configurations", async () => {
    for (const path of [AGENTS, `${AGENTS}/1`, `${AGENTS}/1/tokens`, `${AGENTS}/1/tokens/${token()}`]) {
      expect((await outcome("GET", path, "developer"))[0]).toBe(200);
    }
    expect(await outcome("GET", `${AGENTS}/1/url_configurations`, "developer")).toEqual(FORBIDDEN);
  });

  it.each(["reporter", "guest"])("hides agents from a %s", async (as) => {
    expect(await outcome("GET", AGENTS, as)).toEqual(NO_AGENTS);
    for (const path of [`${AGENTS}/1`, `${AGENTS}/999`, `${AGENTS}/1/tokens`, `${AGENTS}/1/tokens/${token()}`]) {
      expect(await outcome("GET", path, as)).toEqual(NOT_FOUND);
    }
  });

  it.each(["developer", "reporter", "guest"])(
    "forbids a %s to change anything, whether it exists or not",
    async (as) => {
      expect(await outcome("POST", AGENTS, as, { name: "b" })).toEqual(FORBIDDEN);
      for (const id of [1, 999]) {
        expect(await outcome("POST", `${AGENTS}/${id}/tokens`, as, { name: "b" })).toEqual(FORBIDDEN);
        expect(await outcome("DELETE", `${AGENTS}/${id}/tokens/${token()}`, as)).toEqual(FORBIDDEN);
        expect(await outcome("DELETE", `${AGENTS}/${id}`, as)).toEqual(FORBIDDEN);
      }
      expect([gitlab.state.agents.length, gitlab.state.activeTokens().length]).toEqual([1, 1]);
    },
  );

  it("hides a private project from users who are not members, as if it did not exist", async () => {
    for (const as of ["none", "maintainer"]) {
      const project = as === "none" ? 101 : 999;
      for (const [method, path, body] of [
        ["GET", "", undefined],
        ["GET", "/cluster_agents", undefined],
        ["POST", "/cluster_agents", { name: "b" }],
        ["DELETE", "/cluster_agents/1", undefined],
        ["GET", "/cluster_agents/1/tokens", undefined],
        ["GET", "/cluster_agents/1/url_configurations", undefined],
      ] as const) {
        expect(await outcome(method, `/projects/${project}${path}`, as, body)).toEqual(NO_PROJECT);
      }
    }
  });

  it("shows a public project to everybody, and its agents only to members", async () => {
    expect((await outcome("GET", "/projects/200", null))[0]).toBe(200);
    expect((await outcome("GET", "/projects/200", "none"))[0]).toBe(200);
    expect(await outcome("GET", "/projects/200/cluster_agents", "none")).toEqual(NO_AGENTS);
    expect(await outcome("POST", "/projects/200/cluster_agents", "none", { name: "b" })).toEqual(FORBIDDEN);
    expect(await outcome("GET", "/projects/200/cluster_agents", null)).toEqual(UNAUTHORIZED);
  });

  it("has roles by project, by id and by path", async () => {
    expect(await outcome("POST", AGENTS, "mixed", { name: "b" })).toEqual(FORBIDDEN);
    expect((await outcome("GET", AGENTS, "mixed"))[0]).toBe(200);
    expect((await outcome("POST", "/projects/102/cluster_agents", "mixed", { name: "b" }))[0]).toBe(201);
    expect((await outcome("GET", "/projects/200/cluster_agents", "mixed"))[0]).toBe(404);
  });

  it("checks the credential first, then the parameters, then the project", async () => {
    expect(await outcome("POST", "/projects/999/cluster_agents", null, {})).toEqual(UNAUTHORIZED);
    expect(await outcome("POST", "/projects/999/cluster_agents", "guest", {})).toEqual([
      400,
      { error: "name is missing" },
    ]);
    expect(await outcome("GET", "/projects/999/cluster_agents/x", "guest")).toEqual([
      400,
      { error: "agent_id is invalid" },
    ]);
    expect(await outcome("DELETE", "/projects/999/cluster_agents/x/tokens/y", "guest")).toEqual([
      400,
      { error: "agent_id is invalid, token_id is invalid" },
    ]);
    // For URL configurations, the project is checked before the parameters.
    expect(await outcome("POST", "/projects/999/cluster_agents/x/url_configurations", "guest", {})).toEqual(NO_PROJECT);
  });

  it.each<[string, Record<string, string>]>([
    ["none", {}],
    ["an unknown one", { "PRIVATE-TOKEN": "credential-of-nobody" }],
    ["an empty one", { "PRIVATE-TOKEN": "" }],
    ["a job token", { "JOB-TOKEN": "credential-of-maintainer" }],
    ["another scheme", { Authorization: "Basic credential-of-maintainer" }],
  ])("refuses a credential: %s", async (_, headers) => {
    for (const path of [AGENTS, "/user", "/metadata", `${AGENTS}/1/url_configurations`]) {
      const response = await send(gitlab, "GET", path, { as: null, headers });
      expect([response.status, response.body]).toEqual(UNAUTHORIZED);
    }
  });

  it("accepts a credential as header, as bearer token and in the query", async () => {
    const bearer = { Authorization: "Bearer credential-of-maintainer" };
    expect((await send(gitlab, "GET", AGENTS, { as: null, headers: bearer })).status).toBe(200);
    const query = await send(gitlab, "GET", `${AGENTS}?private_token=credential-of-maintainer&page=1`, { as: null });
    expect(query.status).toBe(200);
    expect(query.headers.get("Link")).not.toContain("credential");
    expect(JSON.stringify(gitlab.requests)).not.toContain("credential");
    expect(gitlab.requests.map(({ user }) => user)).toEqual(["maintainer", "maintainer"]);
  });

  it("distinguishes an expired credential, a missing scope and a blocked user", async () => {
    expect(await outcome("GET", AGENTS, "late")).toEqual([401, expect.objectContaining({ error: "invalid_token" })]);
    expect(await outcome("GET", AGENTS, "blocked")).toEqual([403, { message: expect.stringContaining("blocked") }]);
    expect((await outcome("GET", AGENTS, "reader"))[0]).toBe(200);
    for (const [as, method] of [
      ["reader", "POST"],
      ["narrow", "GET"],
    ] as const) {
      const body = method === "POST" ? { name: "b" } : undefined;
      expect(await outcome(method, AGENTS, as, body)).toEqual([
        403,
        expect.objectContaining({ error: "insufficient_scope" }),
      ]);
    }
  });
});
