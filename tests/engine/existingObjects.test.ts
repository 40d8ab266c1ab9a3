import { AgentToken, ClusterAgent, ReceptiveUrlConfig } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const project = "group/app";
const url = "grpcs://agent.example.com:443";
const LIMIT = 240;

/** The text that the pattern's group matches. */
function shown(output: string, pattern: RegExp): string {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`${String(pattern)} does not show in:\n${output}`);
  return found;
}

/** Two URL configurations of this program, and one of another. */
function urlConfigurations() {
  const { state } = simulator;
  const [one, two, three] = ["one", "two", "three"].map((name) => state.createAgent(101, name).id) as [
    number,
    number,
    number,
  ];
  const theirs = state.setUrlConfiguration(three, { url: "grpc://theirs.example.com:80" });
  const declare = (agents: Record<string, number>, deleteBeforeReplace?: boolean) => {
    for (const [name, agentId] of Object.entries(agents)) {
      const options = deleteBeforeReplace === undefined ? {} : { deleteBeforeReplace };
      const address = `grpc://${name.replace("-renamed", "")}.example.com:80`;
      new ReceptiveUrlConfig(name, { project: 101, agentId, url: address }, options);
    }
  };
  return { declare, one, two, three, theirs };
}

/** Objects of this program whose resources are renamed, and an imported agent with imported children. */
function renamedAndImported() {
  const { state } = simulator;
  const [holder, parent] = ["holder", "parent"].map((name) => state.createAgent(101, name, 1).id) as [number, number];
  const others = state.createToken(holder, "somebody's", null, 1).id;
  const child = state.createToken(parent, "child", null, 1).id;
  const childConfig = state.setUrlConfiguration(parent, { url }).id;

  /** `suffix` is the end of the renamed resources' names; `imports` has their import options. */
  const declare = (
    suffix: string,
    parentName: string,
    imports: { agent?: string; token?: string; config?: string } = {},
  ) => {
    const by = (id?: string) => (id === undefined ? {} : { import: id });
    new ClusterAgent(`agent${suffix}`, { project, name: "agent" }, by(imports.agent));
    new AgentToken(
      `token${suffix}`,
      { project, agentId: holder, name: "token" },
      { ...by(imports.token), ...(imports.token !== undefined && { allowMissingToken: true }) },
    );
    new ReceptiveUrlConfig(`config${suffix}`, { project, agentId: holder, url }, by(imports.config));

    const { agentId } = new ClusterAgent(
      "parent",
      { project, name: parentName },
      { import: `${project}:${parent}`, deleteBeforeReplace: true },
    );
    new AgentToken(
      "child",
      { project, agentId, name: "child" },
      { import: `${project}:${parent}:${child}`, allowMissingToken: true },
    );
    new ReceptiveUrlConfig("child", { project, agentId, url }, { import: `${project}:${parent}:${childConfig}` });
  };
  const objectIds = () => ({
    agent: state.agents.filter(({ name }) => name === "agent").map(({ id }) => id),
    tokens: state.activeTokens(holder).map(({ id }) => id),
    configs: state.urlConfigurations.filter(({ agentId }) => agentId === holder).map(({ id }) => id),
  });
  return { declare, objectIds, holder, parent, others };
}

// In one stack: a step that changes some of the objects leaves the others as they are.
test("an existing URL configuration never becomes a new resource's: exchanged, renamed, or of another stack; renamed resources take over their objects as the errors say; imported children of an agent that is deleted first are created again", async () => {
  const { state } = simulator;
  const [held, named] = [urlConfigurations(), renamedAndImported()];
  const { one, two, three, theirs } = held;
  const { holder, parent, others, objectIds } = named;
  const program =
    (configurations: Parameters<typeof held.declare>, objects: Parameters<typeof named.declare>) => async () => {
      held.declare(...configurations);
      named.declare(...objects);
      return {};
    };
  const placeOf = () =>
    Object.fromEntries(state.urlConfigurations.map(({ agentId, url }) => [url.slice(7, 8), agentId]));
  const posts = () =>
    simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/url_configurations")).length;
  const urn = (kind: string, name: string) => `urn:pulumi:dev::test::pulumi-nodejs:dynamic/gitlab:${kind}::${name}`;
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  const declared: Parameters<typeof held.declare> = [{ a: one, b: two }];
  await withStack({ config, program: program(declared, ["", "parent"]), limit: LIMIT }, async (stack) => {
    await stack.up();
    const before = structuredClone(state.urlConfigurations);
    const objects = objectIds();
    simulator.requests.length = 0;

    stack.program = program([{ a: two, b: one }], ["", "parent"]);
    // The delay lets the engine pass both resources to the provider first; otherwise the first error could not name the second
    // resource.
    simulator.faults.add({ kind: "delayBefore", method: "GET", path: "/**/url_configurations", delay: 6000, times: 2 });
    const swapped = await stack.up({ expectFailure: true, continueOnError: true });
    const exchanged = before.filter(({ agentId }) => agentId === one || agentId === two);
    expect(exchanged).toHaveLength(2);
    for (const { id, agentId } of exchanged) {
      expect(swapped.output).toMatch(
        new RegExp(
          `Agent ${agentId} has URL configuration ${id} .* A resource of this stack has it.*until it succeeds`,
        ),
      );
    }

    // New names without an alias, and another stack's equal configuration. A POST would be lost, so a success would show a
    // mistake. All in one update, which shows all errors. It is targeted, since --continue-on-error alone would also delete
    // resources that are no longer declared.
    simulator.faults.add({ kind: "dropBefore", method: "POST", path: "/**/url_configurations", times: Infinity });
    stack.program = program([{ "a-renamed": one, b: two, theirs: three }], ["-renamed", "parent"]);
    const target = [
      urn("ReceptiveUrlConfig", "a-renamed"),
      urn("ReceptiveUrlConfig", "theirs"),
      urn("ClusterAgent", "agent-renamed"),
      urn("AgentToken", "token-renamed"),
      urn("ReceptiveUrlConfig", "config-renamed"),
    ];
    const refused = await stack.up({ target, expectFailure: true, continueOnError: true });
    for (const { id, agentId } of [...before.filter((each) => each.agentId === one), theirs]) {
      expect(refused.output).toMatch(
        new RegExp(
          `URL configuration already exists for this agent, so nothing was sent. Agent ${agentId} has URL configuration ${id} .*aliases.*import: "101:${agentId}:${id}"`,
        ),
      );
    }
    expect(state.urlConfigurations).toEqual(before);
    expect(posts()).toBe(0);
    simulator.faults.clear();

    const aliases = 'set the resource option `aliases: [{ name: "<its former name>" }]`';
    const errors = refused.diagnostics.filter((text) => text.includes(aliases));
    const ofConfiguration = new RegExp(`URL configuration already exists.*Agent ${holder} `);
    for (const pattern of [/Name has already been taken/, /two active tokens/, ofConfiguration]) {
      expect(errors.filter((text) => pattern.test(text))).not.toEqual([]);
    }
    for (const text of errors) {
      const [first, second] = [text.indexOf(aliases), text.search(/`import: "|Revoke the one/)];
      expect(second).toBeGreaterThan(first);
    }
    expect(simulator.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect(objectIds()).toEqual(objects);

    const [ours] = objects.tokens.filter((id) => id !== others);
    expect(refused.output).toMatch(new RegExp(`token ${ours} "token"`));
    const taken = {
      agent: shown(refused.output, /has this name since .*`import: "([^"]+)"`/),
      config: shown(refused.output, new RegExp(`Agent ${holder} has URL configuration .*\`import: "([^"]+)"\``)),
      token: `${project}:${holder}:${ours}`,
    };
    stack.program = program(declared, ["-renamed", "parent-renamed", taken]);
    const renamed = await stack.up();
    expect(objectIds()).toEqual(objects);
    for (const name of ["agent", "token", "config"]) {
      expect(renamed.ops(name)).toEqual(["delete"]);
      expect(renamed.ops(`${name}-renamed`)).toEqual(["create"]);
    }
    expect(
      renamed.diagnostics.filter((text) => /was not deleted. A resource of this program has the option/.test(text)),
    ).toHaveLength(3);

    // In the same update, the agent of the imported children is deleted first, and all three are created again.
    for (const name of ["parent", "child"]) expect(renamed.ops(name)).toContain("create-replacement");
    const { id: parentNow } = state.agent("parent-renamed");
    expect(state.agents.map(({ id }) => id)).not.toContain(parent);
    expect(state.activeTokens(parentNow).map(({ name }) => name)).toEqual(["child"]);
    expect(state.urlConfigurations.filter(({ agentId }) => agentId === parentNow)).toHaveLength(1);

    stack.program = program([{ a: two, b: one }, true], ["-renamed", "parent-renamed", taken]);
    for (let tries = 1; placeOf()["a"] !== two || placeOf()["b"] !== one; tries++) {
      expect(tries).toBeLessThan(4);
      await stack.up({ continueOnError: true }).catch(() => undefined);
    }
    await stack.preview({ expectNoChanges: true });
    await stack.destroy();
    expect(state.urlConfigurations).toEqual([theirs]);
  });
});
