import { Agent, request } from "node:http";

import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator";
import { send, until } from "./requests";

const AGENTS = "/projects/101/cluster_agents";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe("a simulator", () => {
  const started: Simulator[] = [];
  const start = async (options?: SimulatorOptions): Promise<Simulator> => {
    const simulator = await startSimulator(options);
    started.push(simulator);
    return simulator;
  };

  afterEach(async () => {
    await Promise.all(started.splice(0).map((simulator) => simulator.close()));
  });

  it("starts with useful defaults: three users, two projects", async () => {
    const gitlab = await start();
    expect(gitlab.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(gitlab.tokens)).toEqual(["maintainer", "developer", "guest"]);
    expect(gitlab.projects).toEqual([
      { id: 101, path: "group/app" },
      { id: 102, path: "group/subgroup/infra" },
    ]);
  });

  it("has its own tokens, objects and port", async () => {
    const [one, other] = [await start(), await start()];
    one.state.createAgent(101, "a");
    expect(one.url).not.toBe(other.url);
    expect((await send(other, "GET", AGENTS, { as: one.tokens.maintainer })).status).toBe(401);
    expect((await send(other, "GET", AGENTS)).body).toEqual([]);
  });

  it.each(["/gitlab", "/a/b/"])("serves below %s", async (basePath) => {
    const gitlab = await start({ basePath });
    expect(gitlab.url).toMatch(new RegExp(`:\\d+${basePath.replace(/\/$/, "")}$`));
    gitlab.state.createAgent(101, "a");
    gitlab.state.createAgent(101, "b");
    const response = await send(gitlab, "GET", `${AGENTS}?per_page=1`);
    expect(response.headers.get("Link")).toContain(
      `<${gitlab.url}/api/v4${AGENTS}?id=101&page=2&per_page=1>; rel="next"`,
    );
    expect((await fetch(`${new URL(gitlab.url).origin}/api/v4/user`)).status).toBe(404);
    gitlab.faults.add({ kind: "status", path: AGENTS });
    expect((await send(gitlab, "GET", AGENTS)).status).toBe(503);
  });

  it("refuses an invalid base path, a port in use, and invalid projects", async () => {
    await expect(start({ basePath: "gitlab" })).rejects.toThrow(/has to look like \/gitlab/);
    const port = Number(new URL((await start()).url).port);
    await expect(start({ port })).rejects.toThrow(/EADDRINUSE/);
    await expect(
      start({
        projects: [
          { id: 1, path: "a" },
          { id: 1, path: "b" },
        ],
      }),
    ).rejects.toThrow(/Two projects .* id 1/);
  });

  it("uses the configured external address in links", async () => {
    const gitlab = await start({ externalUrl: "https://gitlab.example.com/" });
    const { headers } = await send(gitlab, "GET", AGENTS);
    expect(headers.get("Link")).toMatch(/^<https:\/\/gitlab\.example\.com\/api\/v4\/projects\/101\//);
  });

  it("records requests without credentials", async () => {
    const gitlab = await start({ clock: () => NOW });
    await send(gitlab, "POST", "/projects/group%2Fapp/cluster_agents?x=1&private_token=p", { body: { name: "a" } });
    expect(gitlab.requests).toEqual([
      {
        number: 1,
        method: "POST",
        path: "/api/v4/projects/group%2Fapp/cluster_agents",
        query: "x=1",
        status: 201,
        apiStatus: 201,
        user: "maintainer",
        at: NOW,
        headers: expect.objectContaining({ "content-type": "application/json" }),
        body: '{"name":"a"}',
        fault: undefined,
      },
    ]);
    expect(JSON.stringify(gitlab.requests)).not.toContain(gitlab.tokens.maintainer);
  });

  it("keeps as many requests as configured", async () => {
    const gitlab = await start({ requestLogLimit: 2 });
    for (let n = 0; n < 3; n += 1) await send(gitlab, "GET", "/user");
    expect(gitlab.requests.map(({ number }) => number)).toEqual([2, 3]);
  });

  it("has its own clock, which may be wrong", async () => {
    const gitlab = await start({ clock: () => NOW, clockSkew: 90_000 });
    const { headers, body } = await send(gitlab, "POST", AGENTS, { body: { name: "a" } });
    expect([headers.get("Date"), body.created_at]).toEqual([
      "Fri, 02 Jan 2026 03:05:35 GMT",
      "2026-01-02T03:05:35.000Z",
    ]);
    expect(headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("waits before it carries a request out", async () => {
    const waits: unknown[] = [];
    const gitlab = await start({ latency: 25, sleep: async (ms) => void waits.push([ms, gitlab.state.agents.length]) });
    await send(gitlab, "POST", AGENTS, { body: { name: "a" } });
    gitlab.state.settings.latency = 0;
    await send(gitlab, "POST", AGENTS, { body: { name: "b" } });
    expect(waits).toEqual([[25, 0]]);
  });

  it("waits with a timer if no sleep is injected", async () => {
    const gitlab = await start({ latency: 1 });
    expect((await send(gitlab, "GET", "/user")).status).toBe(200);
  });

  it("limits the requests of each credential in periods of its clock", async () => {
    let now = NOW;
    const gitlab = await start({ clock: () => now, rateLimit: { requests: 2, period: 45 } });
    const get = (as = "maintainer"): ReturnType<typeof send> => send(gitlab, "GET", "/user", { as });
    expect([(await get()).status, (await get()).status]).toEqual([200, 200]);
    const throttled = await get();
    const until = Math.ceil((NOW / 1000 + 1) / 45) * 45;
    expect([throttled.status, throttled.body]).toEqual([429, "Retry later"]);
    expect(throttled.headers.get("Content-Type")).toMatch(/^text\/plain/);
    const names = ["Name", "Limit", "Observed", "Remaining", "Reset", "ResetTime"].map((name) => `RateLimit-${name}`);
    expect([...names, "Retry-After"].map((name) => throttled.headers.get(name))).toEqual([
      "throttle_authenticated_api",
      "3",
      "3",
      "0",
      String(until),
      new Date(until * 1000).toUTCString(),
      String(until - NOW / 1000),
    ]);
    expect((await get("guest")).status).toBe(200);
    now = until * 1000;
    expect((await get()).status).toBe(200);
  });

  it("omits the rate-limit headers if configured, and carries nothing out", async () => {
    const gitlab = await start({
      clock: () => NOW,
      rateLimit: { requests: 1, period: 60, headers: false, body: "Slow down" },
    });
    await send(gitlab, "POST", AGENTS, { body: { name: "a" } });
    const { status, body, headers } = await send(gitlab, "POST", AGENTS, { body: { name: "b" } });
    expect([status, body, headers.get("Retry-After"), headers.get("RateLimit-Reset")]).toEqual([
      429,
      "Slow down",
      null,
      null,
    ]);
    expect(gitlab.state.agents).toHaveLength(1);
  });

  it("counts connections and running requests", async () => {
    const held: (() => void)[] = [];
    const gitlab = await start({ latency: 1, sleep: () => new Promise((resolve) => held.push(resolve)) });
    const agent = new Agent({ keepAlive: true });
    const get = (): Promise<void> =>
      new Promise((resolve) =>
        request(`${gitlab.url}/api/v4/user`, { agent }, (response) => response.resume().on("end", resolve)).end(),
      );
    const all = [get(), get(), get()];
    await until(() => held.length === 3);
    expect([gitlab.connections, gitlab.concurrency]).toEqual([
      { open: 3, peak: 3, total: 3 },
      { now: 3, peak: 3 },
    ]);
    held.splice(0).forEach((release) => release());
    await Promise.all(all);
    const again = get();
    await until(() => held.length === 1);
    held.splice(0).forEach((release) => release());
    await again;
    expect(gitlab.connections).toMatchObject({ peak: 3, total: 3 });
    agent.destroy();
    await until(() => gitlab.connections.open === 0);
  });

  it("resets to its initial state, with the same credentials", async () => {
    const gitlab = await start({ rateLimit: { requests: 1, period: 3600 }, clock: () => NOW });
    gitlab.state.setUrlConfiguration(gitlab.state.createAgent(101, "a").id, { url: "grpc://a" });
    gitlab.state.createToken(1, "t");
    gitlab.state.deleteProject(102);
    gitlab.state.setRole("maintainer", "guest");
    gitlab.state.rotateCredential("guest", "other");
    Object.assign(gitlab.state.settings, { latency: 5, receptiveEnabled: false, certificates: "base64" });
    gitlab.faults.add({ kind: "status" });
    await send(gitlab, "GET", "/user");
    gitlab.reset();
    expect(gitlab.requests).toEqual([]);
    expect(gitlab.faults.list()).toEqual([]);
    expect(gitlab.state.settings).toEqual({ latency: 0, receptiveEnabled: true, certificates: "pem" });
    const { agents, tokens, urlConfigurations, projects } = gitlab.state;
    expect([agents, tokens, urlConfigurations, projects.length]).toEqual([[], [], [], 2]);
    expect((await send(gitlab, "POST", AGENTS, { body: { name: "a" } })).body.id).toBe(1);
    expect((await send(gitlab, "GET", "/user", { as: "guest" })).status).toBe(200);
    expect(gitlab.requests.map(({ number }) => number)).toEqual([1, 2]);
  });

  it("closes at once, also with running requests and open connections, and can be closed twice", async () => {
    const gitlab = await start({ latency: 60_000 });
    const lost = expect(send(gitlab, "POST", AGENTS, { body: { name: "a" } })).rejects.toThrow();
    await until(() => gitlab.concurrency.now === 1);
    await Promise.all([gitlab.close(), gitlab.close()]);
    await lost;
    await until(() => gitlab.concurrency.now === 0);
    expect(gitlab.state.agents).toEqual([]);
    await expect(send(gitlab, "GET", "/user")).rejects.toThrow();
  });

  it("does not change the process's global Request and Response", async () => {
    const before = [globalThis.Request, globalThis.Response, globalThis.fetch];
    const gitlab = await start();
    await send(gitlab, "GET", "/user");
    expect([globalThis.Request, globalThis.Response, globalThis.fetch]).toEqual(before);
  });
});
