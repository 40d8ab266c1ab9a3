import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
beforeEach(() => simulator.reset());

const project = "group/app";
const config = () => ({
  "gitlab:baseUrl": simulator.url,
  "gitlab:token": { value: simulator.tokens["maintainer"]!, secret: true },
});
const writes = () =>
  simulator.requests.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);

/** Creates by hand two receptive agents, one with JWT and one with mTLS, each with a token. */
async function objectsMadeByHand() {
  const { cert, key } = await (await certificateAuthority()).issue();
  const jwt = simulator.state.createAgent(project, "by-hand", 1);
  const mtls = simulator.state.createAgent(project, "mutual", 1);
  return {
    cert,
    key,
    jwt,
    mtls,
    token: simulator.state.createToken(jwt.id, "first", "made by hand", 1),
    jwtConfig: simulator.state.setUrlConfiguration(jwt.id, { url: "grpc://by-hand.example.com:80" }),
    mtlsConfig: simulator.state.setUrlConfiguration(mtls.id, {
      url: "grpcs://mutual.example.com:443",
      clientCert: cert,
      clientKey: key,
      caCert: cert,
      tlsHost: "mutual.example.com",
    }),
  };
}

test("each kind is imported by its import option, which may stay or be removed, and nothing is created", async () => {
  const { cert, key, jwt, mtls, token, jwtConfig, mtlsConfig } = await objectsMadeByHand();
  const program =
    (imported: boolean, agentName = "by-hand") =>
    async () => {
      const from = (id: string) => (imported ? { import: id } : {});
      const agent = new ClusterAgent("agent", { project, name: agentName }, from(`101:${jwt.id}`));
      new ClusterAgent("mutual", { project: 101 }, from(`group%2Fapp:${mtls.id}`));
      const at = { project: agent.project, agentId: jwt.id };
      const first = new AgentToken(
        "token",
        { ...at, name: "first", description: "made by hand" },
        {
          ...from(`group/app:${jwt.id}:${token.id}`),
          ...(imported && { allowMissingToken: true }),
        },
      );
      const config = new ReceptiveUrlConfig(
        "jwt",
        { ...at, url: "grpc://by-hand.example.com:80" },
        from(`${project}:${jwt.id}:${jwtConfig.id}`),
      );
      new ReceptiveUrlConfig(
        "mtls",
        // Another spelling of the same certificate is not a difference.
        {
          project,
          agentId: mtls.id,
          url: "grpcs://mutual.example.com:443",
          clientCert: cert.trimEnd(),
          clientKey: key,
          caCert: cert.replaceAll("\n", "\r\n"),
          tlsHost: "mutual.example.com",
        },
        from(`group/app:${mtls.id}:${mtlsConfig.id}`),
      );
      return {
        id: agent.id,
        agentId: agent.agentId,
        token: first.token,
        status: first.status,
        publicKey: config.publicKey,
      };
    };
  await withStack({ config: config(), program: program(true) }, async (stack) => {
    const { output: told } = await stack.preview();
    for (const [id, kind] of [
      [`101:${jwt.id}`, "agent"],
      [`group%2Fapp:${mtls.id}`, "agent"],
      [`group/app:${jwt.id}:${jwtConfig.id}`, "URL configuration"],
      [`group/app:${mtls.id}:${mtlsConfig.id}`, "URL configuration"],
      [`group/app:${jwt.id}:${token.id}`, "token"],
    ])
      expect(told).toContain(`will import ${id} as ${kind}.`);
    const up = await stack.up();
    expect(up.changed.map(({ op }) => op)).toEqual(Array(5).fill("create"));
    expect(writes()).toEqual([]);
    expect(up.outputs).toMatchObject({
      id: { value: `group/app:${jwt.id}` },
      agentId: { value: jwt.id },
      status: { value: "active" },
      publicKey: { value: jwtConfig.publicKey },
    });
    expect(up.outputs["token"]?.value).toBeUndefined();
    expect(stack.allFiles().join()).not.toContain(token.secret);
    expect(stack.allFiles().join()).not.toContain(key.split("\n")[1]);

    // The option stays or is removed: no change, and no request.
    const requests = simulator.requests.length;
    expect((await stack.up()).changed).toEqual([]);
    stack.program = program(false);
    await stack.preview({ expectNoChanges: true });
    expect((await stack.up()).changed).toEqual([]);
    expect(simulator.requests).toHaveLength(requests);
    stack.program = program(true);
    expect((await stack.up()).changed).toEqual([]);
    await stack.refresh({ expectNoChanges: true });

    // Deleted by hand while the option stays: created again, after a refresh of its own or within the update.
    simulator.state.revokeToken(token.id);
    simulator.state.deleteUrlConfiguration(jwtConfig.id);
    expect((await stack.refresh()).output).toMatch(/token \d+ .*, which was imported, no longer exists in GitLab/);
    await stack.preview();
    expect((await stack.up()).ops("token")).toContain("create-replacement");
    simulator.state.deleteUrlConfiguration(mtlsConfig.id);
    expect((await stack.up({ refresh: true })).ops("mtls")).toContain("create-replacement");
    expect(simulator.state.activeTokens()).toHaveLength(1);
    expect(simulator.state.urlConfigurations.map(({ id }) => id)).toEqual([jwtConfig.id + 2, jwtConfig.id + 3]);
    await stack.preview({ expectNoChanges: true });

    // A later replacement creates a new object, although the option is still declared.
    stack.program = program(true, "renamed");
    const renamed = await stack.up();
    expect(renamed.ops("agent")).toContain("create-replacement");
    expect(simulator.state.agents.map((agent) => agent.name).sort()).toEqual(["mutual", "renamed"]);
    await stack.destroy();
    expect(simulator.state.agents).toEqual([]);
  });
});

test("a replacement does not list the import's inputs as differences, whether the option stays or is removed", async () => {
  const agent = simulator.state.createAgent(project, "by-hand", 1);
  const token = simulator.state.createToken(agent.id, "first", "made by hand", 1);
  const other = simulator.state.createToken(agent.id, "second", "made by hand", 1);
  const program =
    (imported: boolean, name: string, description = "made by hand") =>
    async () => {
      const from = (id: string) => (imported ? { import: `${project}:${id}` } : {});
      new ClusterAgent("agent", { project, name }, from(`${agent.id}`));
      new AgentToken(
        "token",
        { project, agentId: agent.id, name: "first", description },
        { ...from(`${agent.id}:${token.id}`), ...(imported && { allowMissingToken: true }) },
      );
      return {};
    };
  await withStack({ config: config(), program: program(true, "by-hand") }, async (stack) => {
    await stack.up();
    const shown = async (...declared: Parameters<typeof program>) => {
      stack.program = program(...declared);
      const { output } = await stack.preview({ diff: true });
      expect(output).toContain(`~ name           : "by-hand" => "${declared[1]}"`);
      expect(output).toMatch(/~ description +: "made by hand" => "other"/);
      return output.split("\n").filter((line) => /^ *[-+~] *(importId|allowMissingToken)/.test(line));
    };
    // While both slots are taken, the old token is deleted first; afterwards the new one is created first. In the first case the
    // engine compares inputs with inputs, in the second with outputs.
    expect(await shown(true, "left-in", "other")).toEqual([]);
    expect(await shown(false, "taken-away", "other")).toEqual([]);
    simulator.state.revokeToken(other.id);
    await stack.refresh({ expectNoChanges: true });
    expect(await shown(true, "left-in", "other")).toEqual([]);
    expect(await shown(false, "taken-away", "other")).toEqual([]);

    // The update creates a new agent, the old import is not repeated, and the next update finds no change.
    await stack.up();
    expect(simulator.state.agents.map(({ name }) => name)).toEqual(["taken-away"]);
    expect((await stack.up()).changed).toEqual([]);
    await stack.destroy();
  });
});

test("differences are named, and nothing is created, changed or recorded", async () => {
  const { jwt, mtls, token, jwtConfig, mtlsConfig } = await objectsMadeByHand();
  const other = await (await certificateAuthority()).issue();
  const there = { project: "group/subgroup/infra", agentId: mtls.id };
  const declarations = {
    name: () => new ClusterAgent("name", { project }, { import: `${project}:${jwt.id}` }),
    project: () => new ClusterAgent("project", { project: 102, name: "by-hand" }, { import: `${project}:${jwt.id}` }),
    token: () =>
      new AgentToken(
        "token",
        { ...there, description: "other" },
        { import: `${project}:${jwt.id}:${token.id}`, allowMissingToken: true },
      ),
    jwt: () =>
      new ReceptiveUrlConfig(
        "jwt",
        { ...there, url: "grpc://other.example.com:80" },
        { import: `101:${jwt.id}:${jwtConfig.id}` },
      ),
    mtls: () =>
      new ReceptiveUrlConfig(
        "mtls",
        {
          project,
          agentId: mtls.id,
          url: "grpcs://mutual.example.com:443",
          clientCert: other.cert,
          clientKey: other.key,
          tlsHost: "other.example.com",
        },
        { import: `101:${mtls.id}:${mtlsConfig.id}` },
      ),
  };
  await withStack({ config: config() }, async (stack) => {
    // The engine ends a run at the first resource that check refuses.
    let output = "";
    for (const [name, declare] of Object.entries(declarations)) {
      stack.program = async () => void declare() as never;
      const options = { expectFailure: true };
      output += (await (name === "name" ? stack.up(options) : stack.preview(options))).output;
    }
    const nothing = "Nothing was created or changed. Declare what exists";
    const differs = (what: string, ...fields: string[]) =>
      `Could not import ${what}: it differs from the declared inputs in ${fields.join(", ")}. ${nothing}`;
    const elsewhere = (there: string) => [
      `project (the import id names ${there}, the program group/subgroup/infra)`,
      `agentId (the import id names ${jwt.id}, the program ${mtls.id})`,
    ];
    expect(output).toContain(
      differs(`ClusterAgent group/app:${jwt.id}`, 'name (the agent is called "by-hand", the program says "name")'),
    );
    expect(output).toContain(
      differs(`ClusterAgent group/app:${jwt.id}`, "project (the import id names group/app, the program 102)"),
    );
    expect(output).toContain(
      differs(
        `AgentToken group/app:${jwt.id}:${token.id}`,
        ...elsewhere("group/app"),
        'name (the token is called "first", the program says "token")',
        'description (GitLab has "made by hand", the program says "other")',
      ),
    );
    expect(output).toContain(
      differs(
        `ReceptiveUrlConfig 101:${jwt.id}:${jwtConfig.id}`,
        ...elsewhere("101"),
        "url (GitLab has grpc://by-hand.example.com:80)",
      ),
    );
    expect(output).toContain(
      differs(
        `ReceptiveUrlConfig 101:${mtls.id}:${mtlsConfig.id}`,
        "clientCert (GitLab has another one)",
        "caCert (GitLab has another one)",
        "tlsHost (GitLab has mutual.example.com)",
      ),
    );
    expect(output).not.toMatch(/PRIVATE KEY|^ +at .*(dist|provider)\//m);
    expect(writes()).toEqual([]);
    const { resources } = (await stack.exportState()).deployment as { resources: { type: string }[] };
    expect(resources.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack", "pulumi:providers:pulumi-nodejs"]);
  });
});

test("a missing object and an id of the wrong form are reported; a token is imported without its secret only if the program accepts that", async () => {
  const { jwt, token } = await objectsMadeByHand();
  simulator.state.revokeToken(token.id);
  const at = { project, agentId: jwt.id };
  const declarations = [
    () => new ClusterAgent("agent", { project }, { import: `${project}:999` }),
    () => new ClusterAgent("hidden", { project: "group/none" }, { import: `group/none:${jwt.id}` }),
    () => new ClusterAgent("form", { project }, { import: "999" }),
    () => new AgentToken("first", at, { import: `${project}:${jwt.id}:${token.id}`, allowMissingToken: true }),
    () =>
      new ReceptiveUrlConfig(
        "config",
        { ...at, url: "grpc://a.example.com:80" },
        { import: `${project}:${jwt.id}:999` },
      ),
  ];
  await withStack({ config: config() }, async (stack) => {
    let output = "";
    for (const declare of declarations) {
      stack.program = async () => void declare() as never;
      output += (await stack.preview({ expectFailure: true })).output;
    }
    const advice = (kind: string) =>
      `There is no such ${kind} for this credential. Correct the \`import\` option, or remove it to create a new one.`;
    expect(output).toMatch(/Could not import agent 999 of project group\/app: GET \S+ on \S+ answered 404/);
    expect(output).toContain(advice("agent"));
    expect(output).toMatch(/Could not import agent \d+ of project group\/none: GET \S+ on \S+ answered 404/);
    expect(output).toContain(advice("active token"));
    expect(output).toContain(advice("URL configuration"));
    expect(output).toContain(
      '"999" is not the id of a ClusterAgent. Such an id has the form <project>:<agentId>, for example group/app:7.',
    );
    expect(output).not.toMatch(/^ +at .*(dist|provider)\//m);
    expect(writes()).toEqual([]);
    stack.program = async () => {
      new AgentToken("first", { project, agentId: jwt.id }, { import: `${project}:${jwt.id}:${token.id}` });
      return {};
    };
    const { output: refused } = await stack.preview({ expectFailure: true });
    expect(refused).toMatch(
      /`import` cannot retrieve this token's secret.*Rotate instead.*a second token is created .*revoke the old one.*`allowMissingToken: true`/,
    );
  });
});
