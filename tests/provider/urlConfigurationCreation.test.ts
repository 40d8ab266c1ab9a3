import { registerAgent } from "../../provider/creation/clusterAgent";
import { createUrlConfiguration, holdUrlConfiguration } from "../../provider/creation/receptiveUrlConfig";
import type { FaultRule } from "../../simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { Bench, LATE, LOSSES, messageOf, patience } from "./repairs";

const URL = "grpcs://agent.example.com:443";
let mtls: KeyedCertificate;
let other: KeyedCertificate;
let ca: string;
beforeAll(async () => {
  const authority = await certificateAuthority();
  [mtls, other, ca] = [await authority.issue(), await authority.issue(), authority.cert];
});

describe.each(["pem", "base64"] as const)("a GitLab that takes certificates as %s", (certificates) => {
  const bench = new Bench();
  beforeAll(() => bench.open({ certificates }));
  afterAll(() => bench.simulator.close());
  beforeEach(() => bench.clear());

  const state = () => bench.simulator.state;
  const newAgent = () => state().createAgent(101, bench.name(), bench.self);
  const of = (agentId: number) => state().urlConfigurations.filter((each) => each.agentId === agentId);
  const jwt = (agentId: number) => ({ project: 101, agentId, url: URL, tlsHost: "agent.example.com" });
  const withPair = (agentId: number) => ({
    ...jwt(agentId),
    clientCert: mtls.cert,
    clientKey: mtls.key,
    caCert: ca.replace(/\n/g, "\r\n"),
  });
  const create = (wanted: ReturnType<typeof jwt>, values: Record<string, string> = {}) =>
    createUrlConfiguration(
      () => bench.begin(`create the URL configuration of agent ${wanted.agentId}`, values),
      wanted,
    );
  const meet = (rule: Omit<FaultRule, "method">, method = "POST") =>
    bench.simulator.faults.add({ path: "/projects/*/cluster_agents/*/url_configurations", method, ...rule });

  describe.each([
    ["JWT", jwt],
    ["mTLS", withPair],
  ])("%s", (_, wantedOf) => {
    test.each(Object.keys(LOSSES))("%s, one time and three: one configuration, which is as wanted", async (loss) => {
      for (const times of [1, 3]) {
        bench.clear();
        const agent = newAgent();
        meet({ ...(LOSSES[loss] as FaultRule), times });
        const made = await create(wantedOf(agent.id), patience(loss));
        expect(of(agent.id)).toMatchObject([{ id: made.id, url: URL, tlsHost: "agent.example.com" }]);
        expect(made.public_key === null).toBe(wantedOf === withPair);
        // Taken over, unless the last POST got its answer.
        const takenOver =
          bench.simulator.requests.filter(({ method }) => method === "POST").at(-1)?.fault !== undefined;
        const line = `^took over URL configuration ${made.id} .*it is ours, since the response to our request of .*Z that created it was lost`;
        if (loss !== LATE) expect(bench.clock.told).toEqual(takenOver ? [expect.stringMatching(new RegExp(line))] : []);
      }
    });

    test("somebody else's that differs is not touched, and the difference is shown", async () => {
      for (const kind of ["dropBefore", "commitThenDrop"] as const) {
        const agent = newAgent();
        bench.meanwhile = () =>
          state().setUrlConfiguration(agent.id, {
            url: "grpc://elsewhere.example.com:80",
            clientCert: other.cert,
            clientKey: other.key,
          });
        meet({ kind, probability: 1 });
        const told = await messageOf(create(wantedOf(agent.id)));
        const [theirs] = of(agent.id);
        expect(of(agent.id)).toMatchObject([{ url: "grpc://elsewhere.example.com:80" }]);
        expect(told).toContain(`Agent ${agent.id} now has URL configuration ${theirs?.id}, which differs`);
        expect(told).toContain("url (GitLab has grpc://elsewhere.example.com:80)");
        expect(told).toContain("clientCert (GitLab has another one)");
        expect(told).toContain("tlsHost (GitLab has none)");
        expect(told).toContain(`\`import: "101:${agent.id}:${theirs?.id}"\``);
        expect(told).not.toMatch(/BEGIN|MII/);
      }
    });
  });

  test("two resources on one agent: the second is refused, also where its answer is lost, and takes over nothing", async () => {
    for (const skip of [0, 1]) {
      const agent = newAgent();
      bench.simulator.faults.clear();
      meet({ kind: "dropBefore", skip });
      const [one, second] = await Promise.allSettled([create(jwt(agent.id)), create(jwt(agent.id))]);
      expect([one.status, second.status]).toEqual(["fulfilled", "rejected"]);
      expect(String((second as PromiseRejectedResult).reason)).toMatch(/already exists.*an agent has at most one/);
      expect(of(agent.id)).toHaveLength(1);
    }
  });

  test("the limit begins with the turn", async () => {
    const agent = newAgent();
    for (const skip of [0, 1]) meet({ kind: "rateLimit", retryAfter: 2, skip });
    const limit = { operationTimeout: "3", requestTimeout: "1" };
    const [one, second] = await Promise.allSettled([create(jwt(agent.id), limit), create(jwt(agent.id), limit)]);
    expect(one.status).toBe("fulfilled");
    expect(String((second as PromiseRejectedResult).reason)).toMatch(/an agent has at most one/);
  });

  test("one that another resource's state has is not taken over", async () => {
    const agent = newAgent();
    holdUrlConfiguration(state().setUrlConfiguration(agent.id, { url: URL, tlsHost: "agent.example.com" }).id);
    meet({ kind: "dropBefore" });
    expect(await messageOf(create(jwt(agent.id)))).toMatch(/already exists.*an agent has at most one/);
  });

  test.each([
    [502, "not taken over"],
    [500, "not taken over"],
    [504, "taken over"],
    [408, "taken over"],
  ] as const)("an equal one that comes after the answer %i was lost: %s", async (status, outcome) => {
    const agent = newAgent();
    bench.meanwhile = () =>
      bench.clock.later(
        150,
        () => void state().setUrlConfiguration(agent.id, { url: URL, tlsHost: "agent.example.com" }),
      );
    meet({ kind: "status", status, probability: 1 });
    const [made] = await Promise.allSettled([create(jwt(agent.id))]);
    const [there] = of(agent.id);
    if (outcome === "taken over") expect(made).toMatchObject({ status: "fulfilled", value: { id: there?.id } });
    else expect(String((made as PromiseRejectedResult).reason)).toMatch(/that request may not have created it/);
    expect(bench.clock.told).toHaveLength(outcome === "taken over" ? 1 : 0);
  });

  test("where it may not be asked what was there before, nothing is taken over after a lost answer", async () => {
    const agent = newAgent();
    meet({ kind: "status", status: 403 }, "GET");
    meet({ kind: "commitThenDrop" });
    const told = await messageOf(create(jwt(agent.id)));
    expect(told).toContain(`\`import: "101:${agent.id}:${of(agent.id)[0]?.id}"\``);
    expect(bench.clock.told).toEqual([]);
  });

  test("on an agent that this process registered nothing is asked", async () => {
    const agent = await registerAgent(() => bench.begin("register"), { project: 101, name: bench.name() });
    bench.clear();
    await create(jwt(agent.id));
    expect(bench.asked()).toEqual([`POST /projects/101/cluster_agents/${agent.id}/url_configurations`]);
  });

  test("one that another resource of the stack has is told as that, with how to swap", async () => {
    const agent = newAgent();
    const made = await create(jwt(agent.id));
    const told = await messageOf(create(jwt(agent.id)));
    expect(told).toContain(
      `A resource of this stack has it: the ReceptiveUrlConfig whose \`urlConfigurationId\` is ${made.id}`,
    );
    expect(told).toMatch(/deleteBeforeReplace: true/);
    expect(told).not.toMatch(/delete it first|import/);
  });

  test("the agent is gone and the creation is answered 500: no such agent", async () => {
    const agent = newAgent();
    state().deleteAgent(agent.id);
    meet({ kind: "status", status: 500 });
    const told = await messageOf(create(jwt(agent.id)));
    expect(told).toContain(`Project 101 has no agent ${agent.id}. Take the id from the ClusterAgent`);
    expect(told).not.toMatch(/member|Beware/);
  });

  test("told 404 for a while, although the list shows the agent", async () => {
    const agent = newAgent();
    meet({ kind: "status", status: 404, body: { message: "404 Not Found" }, times: 3 });
    const made = await create(jwt(agent.id));
    expect(of(agent.id)).toMatchObject([{ id: made.id }]);
  });

  test("told 404 for good: the agent is gone, or receptive agents are off", async () => {
    const agent = newAgent();
    state().settings.receptiveEnabled = false;
    expect(await messageOf(create(jwt(agent.id)))).toMatch(/The agent exists.*GitLab Ultimate.*administrator/);
    state().settings.receptiveEnabled = true;
    state().deleteAgent(agent.id);
    expect(await messageOf(create(jwt(agent.id)))).toContain(`Project 101 has no agent ${agent.id}.`);
  });

  test.each(["without a loss", ...Object.keys(LOSSES)])(
    "%s: one that was there before is told, and nothing is sent",
    async (loss) => {
      const agent = newAgent();
      // Another stack's, equal to what is wanted.
      const there = state().setUrlConfiguration(agent.id, { url: URL, tlsHost: "agent.example.com" });
      if (LOSSES[loss] !== undefined) meet(LOSSES[loss]);
      const told = await messageOf(create(jwt(agent.id), patience(loss)));
      expect(told).toMatch(/URL configuration already exists for this agent, so nothing was sent/);
      expect(told).toContain(
        `Agent ${agent.id} has URL configuration ${there.id} for ${URL}, and an agent has at most`,
      );
      expect(bench.asked("POST")).toEqual([]);
      expect(of(agent.id)).toEqual([there]);
      expect(bench.clock.told).toEqual([]);
      expect(told).toContain(`\`import: "101:${agent.id}:${there.id}"\``);
    },
  );

  test("the looking up loses answers too", async () => {
    const agent = newAgent();
    meet({ kind: "commitThenDrop" });
    for (const kind of ["commitThenStatus", "cutBody", "dropBefore", "unparsable", "rateLimit"] as const) {
      meet({ kind }, "GET");
    }
    const made = await create(jwt(agent.id));
    expect(of(agent.id)).toMatchObject([{ id: made.id }]);
  });

  test("where the looking up fails for good, the error says what may be left", async () => {
    const agent = newAgent();
    meet({ kind: "commitThenDrop" });
    meet({ kind: "status", status: 500, times: Infinity, skip: 1 }, "GET");
    const told = await messageOf(create(jwt(agent.id), { maxRetries: "1" }));
    expect(told).toMatch(/GET .*url_configurations .*500/);
    expect(told).toMatch(
      new RegExp(`Agent ${agent.id} may have a URL configuration that Pulumi does not know. Run \`pulumi up\` again`),
    );
  });

  test("every answer is lost: it is given up and says so", async () => {
    const agent = newAgent();
    meet({ kind: "dropBefore", times: Infinity });
    expect(await messageOf(create(jwt(agent.id), { maxRetries: "2" }))).toMatch(/responses to 3 tries were lost/);
    expect(of(agent.id)).toEqual([]);
  });
});
