import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { certificateAuthority } from "../support/certificates";
import { withStack } from "../support/engine";
import { deploymentOf } from "../support/state";

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

/**
 * Creates by hand four agents, and a token each on other agents, on which both slots are taken or one is free. `declare` returns a
 * program part that imports them, and later declares another name and description, with or without the import option.
 */
function objectsToReplace() {
  const groups = ["full", "free"].flatMap((slots) =>
    ["stays", "removed"].map((option) => {
      const name = `${slots}-${option}`;
      const holder = simulator.state.createAgent(project, `${name}-holder`, 1).id;
      const token = simulator.state.createToken(holder, "first", "made by hand", 1).id;
      if (slots === "full") simulator.state.createToken(holder, "second", "made by hand", 1);
      return { name, option, holder, token, agent: simulator.state.createAgent(project, name, 1).id };
    }),
  );
  const declare = (changed: boolean) => {
    for (const { name, option, holder, token, agent } of groups) {
      const imported = !changed || option === "stays";
      const from = (id: string) => (imported ? { import: `${project}:${id}` } : {});
      new ClusterAgent(name, { project, name: changed ? `other-${name}` : name }, from(`${agent}`));
      new AgentToken(
        `${name}-token`,
        { project, agentId: holder, name: "first", description: changed ? "other" : "made by hand" },
        { ...from(`${holder}:${token}`), ...(imported && { allowMissingToken: true }) },
      );
    }
  };
  return { declare, names: groups.map(({ name }) => name) };
}

test("each kind is imported by its import option, which may stay or be removed, and nothing is created; a later replacement does not list the import's inputs as differences", async () => {
  const { cert, key, jwt, mtls, token, jwtConfig, mtlsConfig } = await objectsMadeByHand();
  const replaced = objectsToReplace();
  const made = simulator.state.agents.length;
  const program =
    (imported: boolean, changed = false) =>
    async () => {
      const from = (id: string) => (imported ? { import: id } : {});
      const agent = new ClusterAgent(
        "agent",
        { project, name: changed ? "renamed" : "by-hand" },
        from(`101:${jwt.id}`),
      );
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
      // The options of these stay.
      new ClusterAgent("mutual", { project: 101 }, { import: `group%2Fapp:${mtls.id}` });
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
        { import: `group/app:${mtls.id}:${mtlsConfig.id}` },
      );
      replaced.declare(changed);
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
    expect(up.changed.map(({ op }) => op)).toEqual(Array(5 + 2 * replaced.names.length).fill("create"));
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

    // Of each kind, the option is removed and stays: no change, and no request. Then it is set again.
    const requests = simulator.requests.length;
    stack.program = program(false);
    expect((await stack.up({ expectNoChanges: true })).changed).toEqual([]);
    expect(simulator.requests).toHaveLength(requests);
    stack.program = program(true);
    expect((await stack.up()).changed).toEqual([]);
    await stack.refresh({ expectNoChanges: true });

    // Deleted by hand while the option stays: created again, after a refresh of its own or, below, within the update.
    simulator.state.revokeToken(token.id);
    simulator.state.deleteUrlConfiguration(jwtConfig.id);
    expect((await stack.refresh()).output).toMatch(/token \d+ .*, which was imported, no longer exists in GitLab/);
    const again = await stack.up();
    for (const name of ["token", "jwt"]) expect(again.ops(name)).toContain("create-replacement");
    expect(simulator.state.activeTokens(jwt.id)).toHaveLength(1);
    expect(simulator.state.urlConfigurations.map(({ id }) => id)).toEqual([mtlsConfig.id, jwtConfig.id + 2]);

    // While both slots are taken, the old token is deleted first; otherwise the new one is created first. In the first case the
    // engine compares inputs with inputs, in the second with outputs.
    stack.program = program(true, true);
    const { output: shown } = await stack.preview({ diff: true });
    for (const name of replaced.names) expect(shown).toMatch(new RegExp(`~ name +: "${name}" => "other-${name}"`));
    expect(shown.match(/~ description +: "made by hand" => "other"/g)).toHaveLength(replaced.names.length);
    expect(shown.split("\n").filter((line) => /^ *[-+~] *(importId|allowMissingToken)/.test(line))).toEqual([]);

    // The update creates new objects, although some options are still declared. No import is repeated, and no change follows.
    simulator.state.deleteUrlConfiguration(mtlsConfig.id);
    const renamed = await stack.up({ refresh: true });
    for (const name of ["agent", "mtls", ...replaced.names, ...replaced.names.map((each) => `${each}-token`)])
      expect(renamed.ops(name)).toContain("create-replacement");
    expect(simulator.state.agents).toHaveLength(made);
    expect(
      simulator.state.agents
        .filter(({ name }) => !name.endsWith("-holder"))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["mutual", "renamed", ...replaced.names.map((name) => `other-${name}`)].sort());
    await stack.preview({ expectNoChanges: true });
    await stack.destroy();
    expect(simulator.state.agents.filter(({ name }) => !name.endsWith("-holder"))).toEqual([]);
  });
});

test("differences are named, and nothing is created, changed or recorded", async () => {
  const { jwt, mtls, token, mtlsConfig } = await objectsMadeByHand();
  const other = await (await certificateAuthority()).issue();
  const infra = "group/subgroup/infra";
  const declarations = {
    agent: () => new ClusterAgent("agent", { project: 102 }, { import: `${project}:${jwt.id}` }),
    token: () =>
      new AgentToken(
        "token",
        { project: infra, agentId: mtls.id, description: "other" },
        { import: `${project}:${jwt.id}:${token.id}`, allowMissingToken: true },
      ),
    config: () =>
      new ReceptiveUrlConfig(
        "config",
        {
          project: infra,
          agentId: jwt.id,
          url: "grpcs://other.example.com:443",
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
      output += (await (name === "agent" ? stack.up(options) : stack.preview(options))).output;
    }
    const nothing = "Nothing was created or changed. Declare what exists";
    const differs = (what: string, ...fields: string[]) =>
      `Could not import ${what}: it differs from the declared inputs in ${fields.join(", ")}. ${nothing}`;
    const elsewhere = (there: string, id: number, declared: number) => [
      `project (the import id names ${there}, the program ${infra})`,
      `agentId (the import id names ${id}, the program ${declared})`,
    ];
    expect(output).toContain(
      differs(
        `ClusterAgent group/app:${jwt.id}`,
        "project (the import id names group/app, the program 102)",
        'name (the agent is called "by-hand", the program says "agent")',
      ),
    );
    expect(output).toContain(
      differs(
        `AgentToken group/app:${jwt.id}:${token.id}`,
        ...elsewhere("group/app", jwt.id, mtls.id),
        'name (the token is called "first", the program says "token")',
        'description (GitLab has "made by hand", the program says "other")',
      ),
    );
    expect(output).toContain(
      differs(
        `ReceptiveUrlConfig 101:${mtls.id}:${mtlsConfig.id}`,
        ...elsewhere("101", mtls.id, jwt.id),
        "url (GitLab has grpcs://mutual.example.com:443)",
        "clientCert (GitLab has another one)",
        "caCert (GitLab has another one)",
        "tlsHost (GitLab has mutual.example.com)",
      ),
    );
    expect(output).not.toMatch(/PRIVATE KEY|^ +at .*(dist|provider)\//m);
    expect(writes()).toEqual([]);
    expect(deploymentOf(stack)).toEqual([]);
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
