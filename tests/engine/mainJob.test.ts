import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { withStack } from "../support/engine";
import { deploymentOf } from "../support/state";

let simulator: Simulator;
let pair: KeyedCertificate;
beforeAll(async () => {
  simulator = await startSimulator();
  pair = await (await certificateAuthority()).issue();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const config = () => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
});
const asked = () => simulator.requests.map(({ method, path }) => `${method} ${path.replace("/api/v4/projects/", "")}`);

/** The ids of an agent that was made by hand, of its token and of its URL configuration. */
interface ByHand {
  agent: number;
  token: number;
  configuration: number;
}

/** Two agents: one with JWT, one with mTLS and a key that the program gives as plain text; and lookups of what was made by hand. */
function program(byHand: ByHand): Promise<Record<string, unknown>> {
  const agent = new ClusterAgent("production", { project: "group/app" });
  const parent = { project: agent.project, agentId: agent.agentId };
  const token = new AgentToken("production", { ...parent, description: "for tests", rotationTriggers: { month: 11 } });
  const jwt = new ReceptiveUrlConfig("production", { ...parent, url: "grpcs://agent.example.com:443" });
  const edge = new ClusterAgent("edge", { project: 102, name: "edge-1" });
  const mtls = new ReceptiveUrlConfig("edge", {
    project: 102,
    agentId: edge.agentId,
    url: "grpcs://edge.example.com:443",
    clientCert: pair.cert,
    clientKey: pair.key,
    tlsHost: "edge.example.com",
  });
  const found = ClusterAgent.get("found", `group/app:${byHand.agent}`);
  const foundToken = AgentToken.get("found", `101:${byHand.agent}:${byHand.token}`);
  const foundConfiguration = ReceptiveUrlConfig.get("found", `101:${byHand.agent}:${byHand.configuration}`);
  return Promise.resolve({
    found: { name: found.name, agentId: found.agentId, project: found.project },
    foundToken: {
      name: foundToken.name,
      description: foundToken.description,
      secret: foundToken.token,
      id: foundToken.tokenId,
    },
    foundUrl: foundConfiguration.url,
    agent: agent.id,
    agentId: agent.agentId,
    configProject: agent.configProject,
    token: token.token,
    tokenId: token.id,
    publicKey: jwt.publicKey,
    clientKey: mtls.clientKey,
    noPublicKey: mtls.publicKey,
  });
}

test("update, preview and refresh without changes, destroy of all three resources; secrets are not shown; get looks up what exists, and fails for what does not exist", async () => {
  const { state } = simulator;
  const { id: madeByHand } = state.createAgent(101, "by-hand");
  const lookedUp = {
    agent: madeByHand,
    token: state.createToken(madeByHand, "blue", "by hand").id,
    configuration: state.setUrlConfiguration(madeByHand, { url: "grpc://agent:8082" }).id,
  };
  const lookups = [
    `GET group%2Fapp/cluster_agents/${madeByHand}`,
    `GET 101/cluster_agents/${madeByHand}/tokens/${lookedUp.token}`,
    `GET 101/cluster_agents/${madeByHand}/url_configurations/${lookedUp.configuration}`,
  ];
  await withStack({ program: () => program(lookedUp), config: config() }, async (stack) => {
    // Nothing but the lookups asks GitLab.
    const planned = await stack.preview();
    expect(planned.changes.create).toBe(6);
    expect(asked().sort()).toEqual([...lookups].sort());

    simulator.requests.length = 0;
    const up = await stack.up();
    const agent = simulator.state.agent("production");
    const [token] = simulator.state.activeTokens(agent.id);
    expect(asked().sort()).toEqual(
      [
        ...lookups,
        "POST group%2Fapp/cluster_agents",
        "POST 102/cluster_agents",
        `POST group%2Fapp/cluster_agents/${agent.id}/tokens`,
        `POST group%2Fapp/cluster_agents/${agent.id}/url_configurations`,
        `POST 102/cluster_agents/${simulator.state.agent("edge-1").id}/url_configurations`,
      ].sort(),
    );
    expect(up.outputs).toMatchObject({
      found: { value: { name: "by-hand", agentId: madeByHand, project: "group/app" } },
      foundToken: { value: { name: "blue", description: "by hand", id: lookedUp.token } },
      foundUrl: { value: "grpc://agent:8082" },
    });
    expect(up.outputs["foundToken"]?.value as object).not.toHaveProperty("secret");
    expect(up.outputs).toMatchObject({
      agent: { value: `group/app:${agent.id}` },
      agentId: { value: agent.id },
      configProject: { value: { id: 101, pathWithNamespace: "group/app" } },
      token: { value: token?.secret, secret: true },
      tokenId: { value: `group/app:${agent.id}:${token?.id}` },
      publicKey: { value: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as string },
      clientKey: { value: pair.key, secret: true },
    });

    simulator.requests.length = 0;
    await stack.preview({ expectNoChanges: true });
    expect(asked().sort()).toEqual([...lookups].sort());
    expect((await stack.refresh({ expectNoChanges: true })).changed).toEqual([]);
    expect((await stack.outputs())["token"]?.value).toBe(token?.secret);

    // The files on disk contain no secret in clear, in any encoding, and none of our code.
    const secrets = [token?.secret ?? "", simulator.tokens["maintainer"] ?? "", pair.key.split("\n")[1] ?? ""];
    for (const text of stack.allFiles()) {
      for (const secret of secrets) {
        expect(secret).not.toBe("");
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString("base64"));
      }
    }
    for (const { inputs, outputs } of deploymentOf(stack)) {
      expect(inputs["__provider"]).toMatch(
        /^exports\.handler = \(\) => require\("pulumi-gitlab-agent\/provider"\)\.\w+;\n$/,
      );
      expect(outputs["__provider"]).toBe(inputs["__provider"]);
    }

    stack.program = () => {
      ClusterAgent.get("absent", "101:9999");
      AgentToken.get("wrong", "101:1");
      return Promise.resolve({});
    };
    const failed = await stack.up({ expectFailure: true });
    expect(failed.output).toMatch(/Could not read agent 9999 of project 101: GET \S+ on \S+ answered 404/);
    expect(failed.output).toMatch(
      /"101:1" is not the id of a AgentToken\. Such an id has the form <project>:<agentId>:<tokenId>/,
    );

    const destroyed = await stack.destroy();
    expect(destroyed.output).not.toContain(token?.secret);
    // Resources that were looked up are not deleted.
    expect([state.agents, state.activeTokens(), state.urlConfigurations].map((all) => all.map(({ id }) => id))).toEqual(
      [[madeByHand], [lookedUp.token], [lookedUp.configuration]],
    );
  });
});

test.each([
  [
    "ClusterAgent",
    () => new ClusterAgent("Bad Name", { project: "" }),
    [/`project` is empty; expected the project's numeric id/, /`name` has "B" at position 1/],
  ],
  [
    "AgentToken",
    () => new AgentToken("t", { project: 1, agentId: 0, name: " ", description: "d".repeat(1025), nam: "x" } as never),
    [
      /`nam` is not an argument of AgentToken\. Did you mean `name`\?/,
      /`agentId` is not a positive whole number/,
      /`name` is blank/,
      /`description` has 1025 characters/,
    ],
  ],
  [
    "ReceptiveUrlConfig",
    () =>
      new ReceptiveUrlConfig("lone", {
        project: 1,
        agentId: 1,
        url: "https://canary-user:canary-word@agent",
        clientKey: pair.key,
      }),
    [/`url` has the scheme "https"/, /`clientKey` is given without `clientCert`/],
  ],
])(
  "all invalid inputs of a %s are reported at preview, nothing is sent, no secret is shown",
  async (_, declare, reasons) => {
    const invalid = () => Promise.resolve({ id: declare().id });
    await withStack({ program: invalid, config: config() }, async (stack) => {
      const { output } = await stack.preview({ expectFailure: true });
      for (const reason of reasons) expect(output).toMatch(reason);
      for (const secret of ["canary", pair.key.split("\n")[1] ?? "?"]) expect(output).not.toContain(secret);
      expect(simulator.requests).toEqual([]);
    });
  },
);
