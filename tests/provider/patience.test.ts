import { registerAgent } from "../../provider/creation/clusterAgent";
import { Bench, messageOf } from "./repairs";

/** For minutes GitLab responds to reads and refuses every creation, for example while an upgrade makes it read-only. */
describe("a creation whose responses are lost again and again", () => {
  const bench = new Bench();
  beforeAll(() => bench.open());
  afterAll(() => bench.simulator.close());
  beforeEach(() => bench.clear());
  const refuseCreations = (): { remove(): void } =>
    bench.simulator.faults.add({
      path: "/projects/*/cluster_agents",
      method: "POST",
      kind: "status",
      status: 503,
      times: Infinity,
    });
  const register = (name: string, values: Record<string, string> = {}) =>
    registerAgent(() => bench.begin(`register agent "${name}"`, values), { project: 101, name });
  const posts = (): number => bench.requestLines("POST").length;

  test("is tried until GitLab accepts it, and a line shows the wait", async () => {
    bench.clock.infos.length = 0;
    const down = refuseCreations();
    bench.clock.later(150_000, () => down.remove());
    const name = bench.name();
    expect((await register(name)).name).toBe(name);
    expect(posts()).toBeGreaterThan(9);
    expect(posts()).toBeLessThan(30);
    const { host } = new URL(bench.simulator.url);
    expect(bench.clock.infos[0]).toMatch(
      new RegExp(`^GitLab at ${host} does not answer \\(503\\), try 5 of \\d\\d, next in 4 s$`),
    );
    expect(bench.clock.infos.length).toBeLessThan(8);
  });

  test("ends with the time limit", async () => {
    refuseCreations();
    const from = bench.clock.now();
    expect(await messageOf(register(bench.name()))).toMatch(
      /responses to \d\d tries were lost.*the operation's limit of 300 s \(`gitlab:operationTimeout`\) leaves no time for another try/,
    );
    expect(bench.clock.now() - from).toBeGreaterThan(270_000);
  });

  test("is limited to maxRetries if the user set it", async () => {
    refuseCreations();
    expect(await messageOf(register(bench.name(), { maxRetries: "8" }))).toMatch(/responses to 9 tries were lost/);
    expect(posts()).toBe(9);
  });
});
