import { type IncomingMessage, request } from "node:http";

import { type FaultKind, type FaultRule, type Simulator, startSimulator } from "../../simulator";
import { send, until } from "./requests";

const AGENTS = "/projects/101/cluster_agents";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What a client receives for one POST of an agent. */
interface Seen {
  status?: number;
  headers?: IncomingMessage["headers"];
  body?: string;
  /** Whether the response was complete. */
  complete?: boolean;
  error?: string;
}

describe("faults", () => {
  let gitlab: Simulator;
  const waits: number[] = [];
  let onWait: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    gitlab = await startSimulator({
      clock: () => NOW,
      sleep: async (milliseconds) => {
        waits.push(milliseconds);
        // The number of agents at this moment shows whether a delay comes before or after the creation.
        waits.push(gitlab.state.agents.length);
        await onWait?.();
      },
    });
  });
  beforeEach(() => {
    gitlab.reset();
    waits.length = 0;
    onWait = undefined;
  });
  afterAll(() => gitlab.close());

  const post = (name = "a"): Promise<Seen> => sendRaw(gitlab, "POST", AGENTS, JSON.stringify({ name }));
  const LOST: Seen = { error: expect.stringMatching(/ECONNRESET|socket hang up|aborted|Parse Error/) };

  it.each<[FaultKind, Partial<FaultRule>, Seen, boolean]>([
    ["refuse", {}, LOST, false],
    ["dropBefore", {}, LOST, false],
    ["commitThenDrop", {}, LOST, true],
    ["commitThenStatus", {}, { status: 502, body: expect.stringContaining("<html>"), complete: true }, true],
    ["commitThenStatus", { status: 504 }, { status: 504, complete: true }, true],
    ["status", {}, { status: 503, body: expect.stringContaining("<html>"), complete: true }, false],
    ["status", { status: 500, body: { message: "500" } }, { status: 500, body: '{"message":"500"}' }, false],
    ["status", { status: 408, body: "late" }, { status: 408, body: "late" }, false],
    ["status", { status: 304 }, { status: 304, body: "", complete: true }, false],
    ["delayBefore", { delay: 7 }, { status: 201, complete: true }, true],
    ["delayAfter", { delay: 7 }, { status: 201, complete: true }, true],
    ["rateLimit", {}, { status: 429, body: "Retry later", complete: true }, false],
    ["redirect", { status: 307, location: "http://127.0.0.2/x" }, { status: 307, complete: true }, false],
    ["html", {}, { status: 200, body: expect.stringContaining("<html>") }, false],
    ["html", { commit: true }, { status: 200, body: expect.stringContaining("<html>") }, true],
    ["unparsable", {}, { status: 201, complete: true }, true],
  ])("%s %j", async (kind, more, seen, committed) => {
    gitlab.faults.add({ kind, ...more });
    expect(await post()).toMatchObject(seen);
    expect(gitlab.state.agents).toHaveLength(committed ? 1 : 0);
    expect(gitlab.requests[0]).toMatchObject({
      fault: kind,
      status: seen.status,
      apiStatus: committed ? 201 : undefined,
    });
    // The rule is used up, so the next request gets its normal response.
    expect(await post("b")).toMatchObject({ status: 201, complete: true });
  });

  it("reads the body before dropBefore, but not before refuse", async () => {
    gitlab.faults.add({ kind: "dropBefore" });
    gitlab.faults.add({ kind: "refuse" });
    await post();
    await post();
    expect(gitlab.requests.map(({ body }) => body)).toEqual(['{"name":"a"}', undefined]);
  });

  it("truncates a body in the middle, and keeps the full Content-Length", async () => {
    gitlab.faults.add({ kind: "cutBody" });
    const { status, headers, body, complete } = await post();
    const whole = JSON.stringify((await send(gitlab, "GET", `${AGENTS}/1`)).body);
    expect([status, complete, headers?.["content-length"]]).toEqual([201, false, String(whole.length)]);
    expect(body).toBe(whole.slice(0, Math.floor(whole.length / 2)));
    expect(gitlab.requests[0]).toMatchObject({ status: undefined, apiStatus: 201 });
  });

  it("truncates a response without a body within its headers", async () => {
    gitlab.state.createAgent(101, "a");
    gitlab.faults.add({ kind: "cutBody", method: "DELETE" });
    expect(await sendRaw(gitlab, "DELETE", `${AGENTS}/1`)).toMatchObject(LOST);
    expect(gitlab.state.agents).toEqual([]);
  });

  it("breaks JSON, also for a response without a body", async () => {
    gitlab.faults.add({ kind: "unparsable", times: 2 });
    const created = await post();
    expect(() => JSON.parse(created.body ?? "") as unknown).toThrow(SyntaxError);
    const deleted = await sendRaw(gitlab, "DELETE", `${AGENTS}/1`);
    expect(deleted.status).toBe(200);
    expect(() => JSON.parse(deleted.body ?? "") as unknown).toThrow(SyntaxError);
    expect(gitlab.state.agents).toEqual([]);
  });

  it("delays before and after it carries a request out", async () => {
    gitlab.faults.add({ kind: "delayBefore", delay: 7 });
    gitlab.faults.add({ kind: "delayAfter", delay: 8 });
    await post("a");
    await post("b");
    expect(waits).toEqual([7, 0, 8, 2]);
  });

  it("carries out a delayed request although the client has disconnected", async () => {
    const waiting = new Promise<() => void>((entered) => {
      onWait = () => new Promise<void>((carryOn) => entered(carryOn));
    });
    gitlab.faults.add({ kind: "delayBefore" });
    const sent = request(`${gitlab.url}/api/v4${AGENTS}`, options(gitlab, "POST"));
    sent.on("error", () => undefined);
    sent.end('{"name":"a"}');
    const carryOn = await waiting;
    const open = gitlab.connections.open;
    sent.destroy();
    await until(() => gitlab.connections.open < open);
    carryOn();
    await until(() => gitlab.concurrency.now === 0);
    expect(gitlab.state.agents).toHaveLength(1);
    expect(gitlab.requests[0]).toMatchObject({ status: undefined, apiStatus: 201 });
  });

  it.each<[Partial<FaultRule>, Record<string, string | undefined>]>([
    [
      { retryAfter: 40 },
      {
        "retry-after": "40",
        "ratelimit-reset": String(NOW / 1000 + 40),
        "ratelimit-resettime": "Fri, 02 Jan 2026 03:04:45 GMT",
        "ratelimit-remaining": "0",
        "ratelimit-name": "throttle_authenticated_api",
        "content-type": "text/plain",
      },
    ],
    [
      { retryAfter: "Fri, 02 Jan 2026 03:04:35 GMT" },
      { "retry-after": "Fri, 02 Jan 2026 03:04:35 GMT", "ratelimit-reset": String(NOW / 1000 + 30) },
    ],
    [{ headers: false }, { "retry-after": undefined, "ratelimit-reset": undefined, "ratelimit-limit": undefined }],
    [{ headers: { "Retry-After": "x" } }, { "retry-after": "x" }],
  ])("throttles with %j", async (rule, headers) => {
    gitlab.faults.add({ kind: "rateLimit", ...rule });
    const seen = await post();
    expect(Object.fromEntries(Object.keys(headers).map((name) => [name, seen.headers?.[name]]))).toEqual(headers);
  });

  it("redirects to the given location", async () => {
    gitlab.faults.add({ kind: "redirect", location: "https://elsewhere.example.com/x" });
    const seen = await sendRaw(gitlab, "GET", AGENTS);
    expect([seen.status, seen.headers?.location]).toEqual([302, "https://elsewhere.example.com/x"]);
  });

  it.each<[string, Partial<FaultRule>, number[]]>([
    ["the first by default", {}, [503, 200, 200, 200]],
    ["so many", { times: 2 }, [503, 503, 200, 200]],
    ["all", { times: Infinity }, [503, 503, 503, 503]],
    ["later ones", { skip: 2, times: 1 }, [200, 200, 503, 200]],
    ["none of another method", { method: "DELETE" }, [200, 200, 200, 200]],
    ["methods of a list in any case", { method: ["post", "get"] }, [503, 200, 200, 200]],
    ["a path by pattern", { path: "/projects/*/cluster_agents" }, [503, 200, 200, 200]],
    ["no longer path by *", { path: "/projects/*" }, [200, 200, 200, 200]],
    ["a longer path by **", { path: "/projects/**" }, [503, 200, 200, 200]],
    ["a path by regular expression", { path: /agents$/g, times: 3 }, [503, 503, 503, 200]],
    ["none by chance 0", { probability: 0 }, [200, 200, 200, 200]],
    ["by chance 1", { probability: 1, times: 9 }, [503, 503, 503, 503]],
  ])("meets %s", async (_, rule, statuses) => {
    gitlab.faults.add({ kind: "status", ...rule });
    const seen: number[] = [];
    for (const _each of statuses) seen.push((await send(gitlab, "GET", AGENTS)).status);
    expect(seen).toEqual(statuses);
  });

  it("matches the path as sent", async () => {
    const handle = gitlab.faults.add({ kind: "status", path: "/projects/group%2Fapp/cluster_agents" });
    await send(gitlab, "GET", AGENTS);
    expect([handle.matched, handle.fired, handle.remaining]).toEqual([0, 0, 1]);
    expect((await send(gitlab, "GET", "/projects/group%2Fapp/cluster_agents?page=1")).status).toBe(503);
    expect([handle.matched, handle.fired, handle.remaining]).toEqual([1, 1, 0]);
  });

  it("repeats its random results for a seed, and differs between seeds", async () => {
    const run = async (seed: number): Promise<string> => {
      gitlab.faults.clear();
      gitlab.faults.add({ kind: "status", probability: 0.5, seed, times: Infinity });
      let outcome = "";
      for (let n = 0; n < 40; n += 1) outcome += (await send(gitlab, "GET", AGENTS)).status === 503 ? "x" : ".";
      return outcome;
    };
    const one = await run(1);
    expect(await run(1)).toBe(one);
    expect(await run(2)).not.toBe(one);
    expect(one.split("x").length - 1).toBeGreaterThan(8);
    expect(one.split(".").length - 1).toBeGreaterThan(8);
  });

  it("uses the injected random numbers without a seed", async () => {
    const chances = [0.2, 0.9];
    const other = await startSimulator({ random: () => chances.shift() ?? 1 });
    other.faults.add({ kind: "status", probability: 0.3, times: Infinity });
    const seen = [await send(other, "GET", AGENTS), await send(other, "GET", AGENTS)];
    await other.close();
    expect(seen.map(({ status }) => status)).toEqual([503, 200]);
  });

  it("tries its rules in order, and ignores removed ones", async () => {
    const first = gitlab.faults.add({ kind: "status", status: 500, times: Infinity });
    gitlab.faults.add({ kind: "status", status: 503, times: Infinity });
    expect((await send(gitlab, "GET", AGENTS)).status).toBe(500);
    first.remove();
    expect(gitlab.faults.list()).toHaveLength(1);
    expect((await send(gitlab, "GET", AGENTS)).status).toBe(503);
    gitlab.faults.clear();
    expect((await send(gitlab, "GET", AGENTS)).status).toBe(200);
  });

  it.each<[unknown, RegExp]>([
    [{ kind: "explode" }, /no kind "explode"; use one of refuse,/],
    [{ kind: "status", times: -1 }, /times has to be a number from 0 up/],
    [{ kind: "status", probability: 2 }, /probability has to be a number from 0 to 1/],
    [{ kind: "status", path: "projects/*" }, /path has to start with "\/"/],
    [{ kind: "status", path: 5 }, /path has to be a text/],
    [{ kind: "status", method: 5 }, /method has to be a text/],
    [{ kind: "status", status: 42 }, /status has to be a whole number from 200 to 599/],
    [{ kind: "redirect" }, /redirect needs a location/],
  ])("refuses the rule %j", (rule, message) => {
    expect(() => gitlab.faults.add(rule as FaultRule)).toThrow(message);
    expect(gitlab.faults.list()).toEqual([]);
  });
});

const options = (gitlab: Simulator, method: string) => ({
  method,
  agent: false as const,
  headers: { "PRIVATE-TOKEN": gitlab.tokens.maintainer, "Content-Type": "application/json" },
});

/** Uses node:http, which shows the part of a truncated response that arrived. */
function sendRaw(gitlab: Simulator, method: string, path: string, body?: string): Promise<Seen> {
  return new Promise((resolve) => {
    const sent = request(`${gitlab.url}/api/v4${path}`, options(gitlab, method), (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => undefined);
      response.on("close", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          complete: response.complete,
        }),
      );
    });
    sent.on("error", (error) => resolve({ error: error.message }));
    sent.end(body);
  });
}
