import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

describe("the control address", () => {
  let gitlab: Simulator;

  beforeAll(async () => {
    gitlab = await startSimulator();
  });
  beforeEach(() => gitlab.reset());
  afterAll(() => gitlab.close());

  const call = async (method: string, path: string, body?: unknown): Promise<[number, unknown]> => {
    const response = await fetch(`${gitlab.url}/_simulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return [response.status, await response.json()];
  };

  it("adds, shows and removes faults", async () => {
    const rule = { kind: "status", method: "GET", path: "/user", times: "always" };
    const shown = { rule, matched: 0, fired: 0, remaining: "always" };
    expect(await call("POST", "/faults", rule)).toEqual([201, [shown]]);
    const more = { kind: "rateLimit", pathPattern: "^.meta", probability: 0.5, seed: 3, headers: false };
    expect(await call("POST", "/faults", [more])).toEqual([
      201,
      [shown, { rule: more, matched: 0, fired: 0, remaining: 1 }],
    ]);
    expect((await send(gitlab, "GET", "/user")).status).toBe(503);
    expect(await call("GET", "/faults")).toMatchObject([200, [{ fired: 1 }, { fired: 0 }]]);
    expect(await call("DELETE", "/faults")).toEqual([200, []]);
    expect((await send(gitlab, "GET", "/user")).status).toBe(200);
  });

  it.each<[unknown, RegExp]>([
    ["{", /JSON/],
    [[{ kind: "status" }, { kind: "x" }], /^Fault rule 2: there is no kind "x"; use one of refuse, /],
    [{ kind: "status", code: 5 }, /^Fault rule 1: there is no field "code"; use .*\bstatus\b/],
    [{ kind: "status", pathPattern: "(" }, /regular expression/],
    ["5", /a rule is an object/],
  ])("refuses %j, whole", async (rules, message) => {
    expect(await call("POST", "/faults", rules)).toEqual([400, { message: expect.stringMatching(message) }]);
    expect(gitlab.faults.list()).toEqual([]);
  });

  it("makes the same changes by hand as the verbs of `state`", async () => {
    const done = await call("POST", "/state", [
      { verb: "createProject", id: 7, path: "group/new" },
      { verb: "createAgent", project: "group/app", name: "production", createdByUserId: 1 },
      { verb: "createToken", agentId: 1, name: "t", description: "by hand" },
      { verb: "setUrlConfiguration", agentId: 1, url: "grpc://one" },
    ]);
    const [token] = gitlab.state.activeTokens(1);
    const [url] = gitlab.state.urlConfigurations;
    expect(done).toEqual([
      200,
      [
        { verb: "createProject", result: expect.objectContaining({ id: 7, path: "group/new" }) },
        { verb: "createAgent", result: expect.objectContaining({ id: 1, name: "production", createdByUserId: 1 }) },
        { verb: "createToken", result: JSON.parse(JSON.stringify(token)) },
        { verb: "setUrlConfiguration", result: JSON.parse(JSON.stringify(url)) },
      ],
    ]);
    const act = async (action: object) => expect((await call("POST", "/state", action))[0]).toBe(200);
    const as = async (user: string, path: string) => (await send(gitlab, "GET", path, { as: user })).status;
    await act({ verb: "markTokenUsed", tokenId: token!.id, at: "2026-01-02T03:04:05Z" });
    expect(token!.lastUsedAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    await act({ verb: "revokeToken", tokenId: token!.id });
    expect(gitlab.state.activeTokens()).toEqual([]);
    await act({ verb: "deleteUrlConfiguration", agentId: 1 });
    expect(gitlab.state.urlConfigurations).toEqual([]);
    await act({ verb: "renameProject", project: "group/app", path: "group/shop" });
    expect(await as("maintainer", "/projects/group%2Fshop")).toBe(200);
    await act({ verb: "renameProject", project: 101, path: "group/moved", redirect: false });
    expect(gitlab.state.project(101)).toMatchObject({ path: "group/moved", formerPaths: ["group/app"] });
    await act({ verb: "setRole", username: "developer", role: "none", project: "group/moved" });
    expect([await as("developer", "/projects/101"), await as("developer", "/projects/102")]).toEqual([404, 200]);
    await act({ verb: "rotateCredential", username: "maintainer", token: "fresh" });
    expect([await as("maintainer", "/user"), await as("fresh", "/user")]).toEqual([401, 200]);
    await act({ verb: "expireCredential", username: "guest" });
    expect(await as("guest", "/user")).toBe(401);
    await act({ verb: "changeSettings", receptiveEnabled: false, latency: 1 });
    expect(gitlab.state.settings).toMatchObject({ receptiveEnabled: false, latency: 1, certificates: "pem" });
    await act({ verb: "deleteAgent", agentId: 1 });
    await act({ verb: "deleteProject", project: 7 });
    expect([gitlab.state.agents, gitlab.state.projects.map(({ id }) => id)]).toEqual([[], [101, 102]]);
    // None of these is recorded as a request to GitLab.
    expect(gitlab.requests.every(({ path }) => path.startsWith("/api/v4/"))).toBe(true);
  });

  it("has an action for each verb of `state`", async () => {
    const [, { message }] = (await call("POST", "/state", { verb: "?" })) as [number, { message: string }];
    const verbs = Object.getOwnPropertyNames(Object.getPrototypeOf(gitlab.state)).filter((name) =>
      /^(create|delete|rename|revoke|mark|set|rotate|expire)[A-Z]/.test(name),
    );
    expect(verbs.length).toBeGreaterThan(11);
    for (const verb of verbs) expect(message).toContain(verb);
  });

  it.each<[unknown, RegExp]>([
    ["{", /^this is not JSON: /],
    [[], /no action/],
    ["5", /^Action 1: an action is an object with a verb/],
    [{ verb: "toString" }, /^Action 1: there is no verb "toString"; use one of createProject, /],
    [{ verb: "revokeToken" }, /^Action 1, revokeToken: tokenId is missing: a whole number from 1 up\.$/],
    [{ verb: "revokeToken", tokenId: "1" }, /tokenId has to be a whole number from 1 up/],
    [{ verb: "revokeToken", token: 1 }, /there is no field "token"; use tokenId\.$/],
    [{ verb: "setRole", username: "guest", role: "king" }, /role has to be one of none, guest, /],
    [[{ verb: "createAgent", project: 101, name: "x" }, { verb: "no" }], /^Action 2: there is no verb "no"/],
  ])("refuses the action %j, and then carries out nothing", async (action, message) => {
    expect(await call("POST", "/state", action)).toEqual([400, { message: expect.stringMatching(message) }]);
    expect(gitlab.state.agents).toEqual([]);
  });

  it("names the action whose object is missing, and how many were carried out before it", async () => {
    const actions = [
      { verb: "createAgent", project: 101, name: "x" },
      { verb: "deleteAgent", agentId: 9 },
    ];
    expect(await call("POST", "/state", actions)).toEqual([
      400,
      {
        message: "Action 2, deleteAgent: The simulated GitLab has no agent 9. The 1 before it was carried out.",
      },
    ]);
    const twice = { verb: "createProject", path: "Group/App" };
    const there = "Action 1, createProject: The simulated GitLab already has project 101 group/app.";
    expect(await call("POST", "/state", twice)).toEqual([400, { message: there }]);
  });

  it("shows the whole state and all requests, and resets them", async () => {
    const agent = gitlab.state.createAgent(101, "a");
    const { secret } = gitlab.state.createToken(agent.id, "t");
    await send(gitlab, "GET", "/user");
    expect(await call("GET", "/state")).toMatchObject([
      200,
      { agents: [{ name: "a" }], tokens: [{ secret }], projects: [{ id: 101 }, { id: 102 }], urlConfigurations: [] },
    ]);
    expect(await call("GET", "/requests")).toMatchObject([200, [{ path: "/api/v4/user", status: 200 }]]);
    expect(await call("POST", "/reset")).toMatchObject([200, { agents: [], requests: [] }]);
    expect(gitlab.state.agents).toEqual([]);
  });
});
