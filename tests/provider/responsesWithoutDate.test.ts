import { createServer, request as send, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { registerAgent } from "../../provider/creation/clusterAgent";
import { createToken } from "../../provider/creation/agentToken";
import { Bench, messageOf } from "./repairs";

describe("GitLab's responses have no Date header", () => {
  const bench = new Bench();
  let proxy: Server;
  let url: string;
  beforeAll(async () => {
    await bench.open();
    proxy = createServer((incoming, outgoing) => {
      const target = new URL(incoming.url ?? "/", bench.simulator.url);
      const forward = send(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.sendDate = false;
        const { date: _, ...headers } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, headers);
        answer.pipe(outgoing);
      });
      forward.on("error", () => incoming.socket.destroy());
      incoming.pipe(forward);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => proxy.once("listening", resolve));
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await bench.simulator.close();
  });
  beforeEach(() => bench.clear());

  test("a token's creation time cannot be compared: no token is touched, and the error names the ones that exist", async () => {
    const { state, faults } = bench.simulator;
    const agent = state.createAgent(101, bench.name());
    const older = state.createToken(agent.id, "blue", null, bench.self);
    faults.add({ kind: "commitThenDrop", method: "POST", path: "/**/tokens" });
    const message = await messageOf(
      createToken(() => bench.client({}, url).begin("create"), { project: 101, agentId: agent.id, name: "blue" }),
    );
    const [first, orphan] = state.activeTokens(agent.id);
    expect([first?.id, orphan?.status]).toEqual([older.id, "active"]);
    expect(message).toMatch(new RegExp(`not certain which .*none was revoked: token ${orphan?.id} "blue"`));
  });

  test("an agent's creation time cannot be compared: it is not taken over", async () => {
    const { state, faults } = bench.simulator;
    const name = bench.name();
    faults.add({ kind: "commitThenDrop", method: "POST", path: "/**/cluster_agents" });
    const message = await messageOf(
      registerAgent(() => bench.client({}, url).begin("register"), { project: 101, name }),
    );
    const { id } = state.agent(name);
    expect(message).toMatch(
      /Name has already been taken.*have no Date header, so it is not certain.*was not taken over/,
    );
    expect(message).toContain(`\`import: "101:${id}"\``);
  });

  test("the list of tokens before the request is refused, too: no token is touched", async () => {
    const { state, faults } = bench.simulator;
    const agent = state.createAgent(101, bench.name());
    faults.add({ kind: "status", status: 403, method: "GET", path: "/**/tokens", times: 1 });
    faults.add({ kind: "commitThenDrop", method: "POST", path: "/**/tokens" });
    const message = await messageOf(
      createToken(() => bench.client({}, url).begin("create"), { project: 101, agentId: agent.id, name: "blue" }),
    );
    const [orphan] = state.activeTokens(agent.id);
    expect(message).toMatch(new RegExp(`not certain which .*none was revoked: token ${orphan?.id} "blue"`));
    expect(state.activeTokens(agent.id)).toHaveLength(1);
  });
});
