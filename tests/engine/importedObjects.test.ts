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

test("renamed resources take over their objects as the errors say; imported children of an agent that is deleted first are created again", async () => {
  const { state } = simulator;
  const [holder, parent] = ["holder", "parent"].map((name) => state.createAgent(101, name, 1).id) as [number, number];
  const others = state.createToken(holder, "somebody's", null, 1).id;
  const child = state.createToken(parent, "child", null, 1).id;
  const childConfig = state.setUrlConfiguration(parent, { url }).id;

  /** `suffix` is the end of the renamed resources' names; `imports` has their import options. */
  const declare =
    (suffix: string, parentName: string, imports: { agent?: string; token?: string; config?: string } = {}) =>
    () => {
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
      return Promise.resolve({});
    };
  const objectIds = () => ({
    agent: state.agents.filter(({ name }) => name === "agent").map(({ id }) => id),
    tokens: state.activeTokens(holder).map(({ id }) => id),
    configs: state.urlConfigurations.filter(({ agentId }) => agentId === holder).map(({ id }) => id),
  });
  const config = {
    "gitlab:baseUrl": simulator.url,
    "gitlab:token": { value: simulator.tokens["maintainer"] ?? "", secret: true },
  };
  await withStack({ config, program: declare("", "parent"), limit: LIMIT }, async (stack) => {
    await stack.up();
    const before = objectIds();

    stack.program = declare("-renamed", "parent");
    simulator.requests.length = 0;
    // All three in one update, which shows all errors. The update is targeted, since --continue-on-error alone would also delete
    // resources that are no longer declared.
    const target = Object.entries({ agent: "ClusterAgent", token: "AgentToken", config: "ReceptiveUrlConfig" }).map(
      ([name, kind]) => `urn:pulumi:dev::test::pulumi-nodejs:dynamic/gitlab:${kind}::${name}-renamed`,
    );
    const refused = await stack.up({ target, expectFailure: true, continueOnError: true });
    const aliases = 'set the resource option `aliases: [{ name: "<its former name>" }]`';
    const errors = refused.diagnostics.filter((text) => text.includes(aliases));
    for (const pattern of [/Name has already been taken/, /two active tokens/, /URL configuration already exists/]) {
      expect(errors.filter((text) => pattern.test(text))).not.toEqual([]);
    }
    for (const text of errors) {
      const [first, second] = [text.indexOf(aliases), text.search(/`import: "|Revoke the one/)];
      expect(second).toBeGreaterThan(first);
    }
    expect(simulator.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
    expect(objectIds()).toEqual(before);

    const [ours] = before.tokens.filter((id) => id !== others);
    expect(refused.output).toMatch(new RegExp(`token ${ours} "token"`));
    stack.program = declare("-renamed", "parent-renamed", {
      agent: shown(refused.output, /has this name since .*`import: "([^"]+)"`/),
      config: shown(refused.output, /has URL configuration .*`import: "([^"]+)"`/),
      token: `${project}:${holder}:${ours}`,
    });
    const renamed = await stack.up();
    expect(objectIds()).toEqual(before);
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
    await stack.preview({ expectNoChanges: true });
  });
});
