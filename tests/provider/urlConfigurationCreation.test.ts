import { registerAgent } from "../../provider/creation/clusterAgent";
import { createUrlConfiguration, holdUrlConfiguration } from "../../provider/creation/receptiveUrlConfig";
import type { FaultRule } from "../../simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { Bench, LATE, LOSSES, messageOf, settingsFor } from "./repairs";

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
  const addFault = (rule: Omit<FaultRule, "method">, method = "POST") =>
    bench.simulator.faults.add({ path: "/projects/*/cluster_agents/*/url_configurations", method, ...rule });

  describe.each([
    ["JWT", jwt],
    ["mTLS", withPair],
  ])("%s", (_, wantedOf) => {
    test.each(Object.keys(LOSSES))(
      "%s, one time and three: one configuration, with the declared settings",
      async (loss) => {
        for (const times of [1, 3]) {
          bench.clear();
          const agent = newAgent();
          addFault({ ...(LOSSES[loss] as FaultRule), times });
          const created = await create(wantedOf(agent.id), settingsFor(loss));
          expect(of(agent.id)).toMatchObject([{ id: created.id, url: URL, tlsHost: "agent.example.com" }]);
          expect(created.public_key === null).toBe(wantedOf === withPair);
          // The configuration is taken over, unless the last POST got its response.
          const takenOver =
            bench.simulator.requests.filter(({ method }) => method === "POST").at(-1)?.fault !== undefined;
          const line = `^took over URL configuration ${created.id} .*it is ours, since the response to our request of .*Z that created it was lost`;
          if (loss !== LATE)
            expect(bench.clock.infos).toEqual(takenOver ? [expect.stringMatching(new RegExp(line))] : []);
        }
      },
    );

    test("a differing configuration of somebody else is not touched, and the error shows the difference", async () => {
      for (const kind of ["dropBefore", "commitThenDrop"] as const) {
        const agent = newAgent();
        bench.meanwhile = () =>
          state().setUrlConfiguration(agent.id, {
            url: "grpc://elsewhere.example.com:80",
            clientCert: other.cert,
            clientKey: other.key,
          });
        addFault({ kind, probability: 1 });
        const message = await messageOf(create(wantedOf(agent.id)));
        const [theirs] = of(agent.id);
        expect(of(agent.id)).toMatchObject([{ url: "grpc://elsewhere.example.com:80" }]);
        expect(message).toContain(`Agent ${agent.id} now has URL configuration ${theirs?.id}, which differs`);
        expect(message).toContain("url (GitLab has grpc://elsewhere.example.com:80)");
        expect(message).toContain("clientCert (GitLab has another one)");
        expect(message).toContain("tlsHost (GitLab has none)");
        expect(message).toContain(`\`import: "101:${agent.id}:${theirs?.id}"\``);
        expect(message).not.toMatch(/BEGIN|MII/);
      }
    });
  });

  test("two resources on one agent: the second is refused and takes over nothing, also if its response is lost", async () => {
    for (const skip of [0, 1]) {
      const agent = newAgent();
      bench.simulator.faults.clear();
      addFault({ kind: "dropBefore", skip });
      const [one, second] = await Promise.allSettled([create(jwt(agent.id)), create(jwt(agent.id))]);
      expect([one.status, second.status]).toEqual(["fulfilled", "rejected"]);
      expect(String((second as PromiseRejectedResult).reason)).toMatch(/already exists.*an agent has at most one/);
      expect(of(agent.id)).toHaveLength(1);
    }
  });

  test("the operation's limit starts when its turn comes", async () => {
    const agent = newAgent();
    for (const skip of [0, 1]) addFault({ kind: "rateLimit", retryAfter: 2, skip });
    const limit = { operationTimeout: "3", requestTimeout: "1" };
    const [one, second] = await Promise.allSettled([create(jwt(agent.id), limit), create(jwt(agent.id), limit)]);
    expect(one.status).toBe("fulfilled");
    expect(String((second as PromiseRejectedResult).reason)).toMatch(/an agent has at most one/);
  });

  test("a configuration that another resource has in the state is not taken over", async () => {
    const agent = newAgent();
    holdUrlConfiguration(state().setUrlConfiguration(agent.id, { url: URL, tlsHost: "agent.example.com" }).id);
    addFault({ kind: "dropBefore" });
    expect(await messageOf(create(jwt(agent.id)))).toMatch(/already exists.*an agent has at most one/);
  });

  test.each([
    [502, "not taken over"],
    [500, "not taken over"],
    [504, "taken over"],
    [408, "taken over"],
  ] as const)("an equal configuration that appears after response %i was lost: %s", async (status, outcome) => {
    const agent = newAgent();
    bench.meanwhile = () =>
      bench.clock.later(
        150,
        () => void state().setUrlConfiguration(agent.id, { url: URL, tlsHost: "agent.example.com" }),
      );
    addFault({ kind: "status", status, probability: 1 });
    const [created] = await Promise.allSettled([create(jwt(agent.id))]);
    const [existing] = of(agent.id);
    if (outcome === "taken over") expect(created).toMatchObject({ status: "fulfilled", value: { id: existing?.id } });
    else expect(String((created as PromiseRejectedResult).reason)).toMatch(/that request may not have created it/);
    expect(bench.clock.infos).toHaveLength(outcome === "taken over" ? 1 : 0);
  });

  test("the list before the request is refused: nothing is taken over after a lost response", async () => {
    const agent = newAgent();
    addFault({ kind: "status", status: 403 }, "GET");
    addFault({ kind: "commitThenDrop" });
    const message = await messageOf(create(jwt(agent.id)));
    expect(message).toContain(`\`import: "101:${agent.id}:${of(agent.id)[0]?.id}"\``);
    expect(bench.clock.infos).toEqual([]);
  });

  test("on an agent that this process registered, no list is requested before the creation", async () => {
    const agent = await registerAgent(() => bench.begin("register"), { project: 101, name: bench.name() });
    bench.clear();
    await create(jwt(agent.id));
    expect(bench.requestLines()).toEqual([`POST /projects/101/cluster_agents/${agent.id}/url_configurations`]);
  });

  test("a configuration of another resource in the stack: the error says so, and how to exchange the two", async () => {
    const agent = newAgent();
    const created = await create(jwt(agent.id));
    const message = await messageOf(create(jwt(agent.id)));
    expect(message).toContain(
      `A resource of this stack has it: the ReceptiveUrlConfig whose \`urlConfigurationId\` is ${created.id}`,
    );
    expect(message).toMatch(/deleteBeforeReplace: true/);
    expect(message).not.toMatch(/delete it first|import/);
  });

  test("the agent is gone and the creation gets a 500: the error says that there is no such agent", async () => {
    const agent = newAgent();
    state().deleteAgent(agent.id);
    addFault({ kind: "status", status: 500 });
    const message = await messageOf(create(jwt(agent.id)));
    expect(message).toContain(`Project 101 has no agent ${agent.id}. Take the id from the ClusterAgent`);
    expect(message).not.toMatch(/member|Beware/);
  });

  test("404 for a while, although the list shows the agent", async () => {
    const agent = newAgent();
    addFault({ kind: "status", status: 404, body: { message: "404 Not Found" }, times: 3 });
    const created = await create(jwt(agent.id));
    expect(of(agent.id)).toMatchObject([{ id: created.id }]);
  });

  test("404 until the end: the agent is gone, or receptive agents are disabled", async () => {
    const agent = newAgent();
    state().settings.receptiveEnabled = false;
    expect(await messageOf(create(jwt(agent.id)))).toMatch(/The agent exists.*GitLab Ultimate.*administrator/);
    state().settings.receptiveEnabled = true;
    state().deleteAgent(agent.id);
    expect(await messageOf(create(jwt(agent.id)))).toContain(`Project 101 has no agent ${agent.id}.`);
  });

  test.each(["without a loss", ...Object.keys(LOSSES)])(
    "%s: an existing configuration is named, and nothing is sent",
    async (loss) => {
      const agent = newAgent();
      // Another stack's configuration, equal to the declared one.
      const existing = state().setUrlConfiguration(agent.id, { url: URL, tlsHost: "agent.example.com" });
      if (LOSSES[loss] !== undefined) addFault(LOSSES[loss]);
      const message = await messageOf(create(jwt(agent.id), settingsFor(loss)));
      expect(message).toMatch(/URL configuration already exists for this agent, so nothing was sent/);
      expect(message).toContain(
        `Agent ${agent.id} has URL configuration ${existing.id} for ${URL}, and an agent has at most`,
      );
      expect(bench.requestLines("POST")).toEqual([]);
      expect(of(agent.id)).toEqual([existing]);
      expect(bench.clock.infos).toEqual([]);
      expect(message).toContain(`\`import: "101:${agent.id}:${existing.id}"\``);
    },
  );

  test("lookups after a lost response are retried", async () => {
    const agent = newAgent();
    addFault({ kind: "commitThenDrop" });
    for (const kind of ["commitThenStatus", "cutBody", "dropBefore", "unparsable", "rateLimit"] as const) {
      addFault({ kind }, "GET");
    }
    const created = await create(jwt(agent.id));
    expect(of(agent.id)).toMatchObject([{ id: created.id }]);
  });

  test("a lookup that keeps failing: the error says what may exist", async () => {
    const agent = newAgent();
    addFault({ kind: "commitThenDrop" });
    addFault({ kind: "status", status: 500, times: Infinity, skip: 1 }, "GET");
    const message = await messageOf(create(jwt(agent.id), { maxRetries: "1" }));
    expect(message).toMatch(/GET .*url_configurations .*500/);
    expect(message).toMatch(
      new RegExp(`Agent ${agent.id} may have a URL configuration that Pulumi does not know. Run \`pulumi up\` again`),
    );
  });

  test("every response is lost: the creation ends with an error that says so", async () => {
    const agent = newAgent();
    addFault({ kind: "dropBefore", times: Infinity });
    expect(await messageOf(create(jwt(agent.id), { maxRetries: "2" }))).toMatch(/responses to 3 tries were lost/);
    expect(of(agent.id)).toEqual([]);
  });
});
