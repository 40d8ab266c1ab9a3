import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { LostResponseError, type GitLab } from "../../provider/gitlab";
import { startSimulator } from "../../simulator";
import { clientOf, failure, SkippingClock } from "./client";

/** Responses that the simulator never sends, but a proxy between GitLab and us may. */
describe("unusual responses", () => {
  let server: Server | undefined;
  const seen: string[] = [];
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    seen.length = 0;
  });
  async function serve(listener: RequestListener): Promise<GitLab> {
    const running = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      listener(request, response);
    });
    server = running;
    await new Promise<void>((resolve) => running.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(running.address() as AddressInfo).port}`;
    return clientOf({ url, tokens: { maintainer: "glpat-of-the-wire" } }, new SkippingClock(), { maxRetries: "2" });
  }
  const agents = (from: number, count: number): string =>
    JSON.stringify(Array.from({ length: count }, (_, i) => ({ id: from + i, name: `agent-${from + i}` })));

  it("a full page without pagination headers: the next page is read", async () => {
    const gitlab = await serve((request, response) => {
      const page = Number(new URL(request.url ?? "", "http://x").searchParams.get("page"));
      response.end(agents(page * 100, page < 3 ? 100 : 7));
    });
    expect(await gitlab.begin("list").agents.list(1)).toHaveLength(207);
    expect(seen).toHaveLength(3);
  });

  it("gzip is decompressed, and truncated gzip is a truncated response", async () => {
    const compressed = gzipSync(JSON.stringify({ id: 1, username: "x".repeat(5000) }));
    const gitlab = await serve((_, response) => {
      const whole = seen.length > 1;
      response.setHeader("Content-Encoding", "gzip");
      response.end(whole ? compressed : compressed.subarray(0, compressed.length - 12));
    });
    expect((await gitlab.begin("look").user()).username).toHaveLength(5000);
    expect(seen).toHaveLength(2);
  });

  it.each([
    ["no body at all", ""],
    ["null", "null"],
    ["a list", "[]"],
    ["no id", "{}"],
    ["no token", '{"id":5,"name":"blue"}'],
  ])("a response to a creation with %s is a lost response", async (_, body) => {
    const gitlab = await serve((__, response) => {
      response.statusCode = 201;
      response.end(body);
    });
    const error = await failure(gitlab.begin("create").tokens.create(1, 2, { name: "blue" }));
    expect(error).toBeInstanceOf(LostResponseError);
    expect((error as LostResponseError).objectId).toBe(body.includes('"id":5') ? 5 : undefined);
    expect(seen).toHaveLength(1);
  });

  it("a truncated id is not used", async () => {
    const gitlab = await serve((_, response) => {
      response.writeHead(201, { "Content-Length": 100 });
      response.write('{"id":12', () => response.destroy());
    });
    const error = await failure(gitlab.begin("create").agents.create(1, "one"));
    expect(error).toBeInstanceOf(LostResponseError);
    expect((error as LostResponseError).objectId).toBeUndefined();
  });

  it("a connection that is closed while it is idle is replaced", async () => {
    const gitlab = await serve((request, response) => {
      response.end('{"id":1,"username":"one"}', () => setImmediate(() => request.socket.destroy()));
    });
    for (let i = 0; i < 5; i++) expect(await gitlab.begin("look").user()).toMatchObject({ id: 1 });
  });
});

describe("a list that changes while it is read", () => {
  it("is read again, so that no agent is missed when it moves to another page", async () => {
    const simulator = await startSimulator();
    try {
      const ids = Array.from(
        { length: 250 },
        (_, i) => simulator.state.createAgent("group/app", `agent-${String(i).padStart(3, "0")}`).id,
      );
      // The second page is delayed until an agent of the first one is deleted.
      simulator.faults.add({ kind: "delayBefore", delay: 100, skip: 1 });
      const listing = clientOf(simulator).begin("list").agents.list("group/app");
      while (simulator.requests.length < 2) await new Promise(setImmediate);
      simulator.state.deleteAgent(ids[0] ?? 0);
      expect((await listing).map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids.slice(1));
    } finally {
      await simulator.close();
    }
  });
});
