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
    const answer = await fetch(`${gitlab.url}/_simulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return [answer.status, await answer.json()];
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

  it("shows state and requests whole, and resets them", async () => {
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
