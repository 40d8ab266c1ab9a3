import * as pulumi from "@pulumi/pulumi";
import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withStack, type EngineStack } from "../support/engine";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

type TokenOptions = pulumi.CustomResourceOptions & { month?: string };

/** The stack with the tokens: two agents, the given tokens of each, and the secret of each agent's last token as an output. */
const owner = (tokens: Record<string, TokenOptions>, retained: TokenOptions) => async () => {
  const tokenOf = (agent: ClusterAgent, name: string, { month = "1", ...opts }: TokenOptions) =>
    new AgentToken(name, { project: agent.project, agentId: agent.agentId, rotationTriggers: { month } }, opts).token;
  const production = new ClusterAgent("production", { project: "group/app" });
  const declared = Object.entries(tokens).map(([name, options]) => tokenOf(production, name, options));
  const retaining = new ClusterAgent("retaining", { project: "group/app" });
  return { agentToken: declared.at(-1), retainedToken: tokenOf(retaining, "retained", retained) };
};

// The program from docs/replacement.md, which reads the token of another stack; here it reads two.
const consumer = async () => {
  const infrastructure = new pulumi.StackReference("organization/infrastructure/production");
  return {
    agentToken: infrastructure.requireOutput("agentToken"),
    retainedToken: infrastructure.requireOutput("retainedToken"),
  };
};

test("docs/replacement.md: after a rotation a consumer in another stack has a revoked token; with the recipe or with retainOnDelete it always has an active one", async () => {
  const { state } = simulator;
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]! };
  await withStack(
    { project: "infrastructure", name: "production", program: owner({ first: {} }, {}), env },
    async (tokens) => {
      const other = { project: "cluster", name: "production", program: consumer };
      const backend = { PULUMI_BACKEND_URL: tokens.env["PULUMI_BACKEND_URL"] ?? "" };
      await withStack({ ...other, env: backend }, async (cluster) => {
        /** The token that the consumer's last update used. */
        const held = async (output = "agentToken") =>
          state.tokenBySecret(String((await cluster.outputs())[output]?.value));
        const active = (agent = "production") => state.activeTokens(state.agent(agent).id).map(({ name }) => name);
        const up = async (stack: EngineStack, program?: pulumi.automation.PulumiFn) => {
          if (program !== undefined) stack.program = program;
          return stack.up();
        };
        await up(tokens);
        await up(cluster);
        expect(await held()).toMatchObject({ name: "first", status: "active" });

        // The page warns of this: the rotation revokes the token that the other stack uses. The other agent's token gets
        // `retainOnDelete` in this update, and is rotated in the next one.
        await up(tokens, owner({ first: { month: "2" } }, { retainOnDelete: true }));
        expect(await held()).toMatchObject({ name: "first", status: "revoked" });
        const updated = await up(cluster);
        expect(await held()).toMatchObject({ name: "first", status: "active" });
        // A secret output is secret in the other stack, too.
        expect(updated.outputs["agentToken"]?.secret).toBe(true);

        // The recipe: add a second token, update the consumer, remove the first token. The other way: `retainOnDelete`, set in an
        // earlier update, keeps the replaced token active.
        const rotated = { retainOnDelete: true, month: "2" };
        await up(tokens, owner({ first: { month: "2" }, second: {} }, rotated));
        expect([active(), (await held())?.status]).toEqual([["first", "second"], "active"]);
        const before = await held("retainedToken");
        expect([active("retaining"), before?.status]).toEqual([["retained", "retained"], "active"]);
        await up(cluster);
        expect(await held()).toMatchObject({ name: "second", status: "active" });
        const after = await held("retainedToken");
        expect([after?.status, after?.id === before?.id]).toEqual(["active", false]);

        // Pulumi no longer has the retained token: it is revoked by hand, and the stack shows no change of it.
        state.revokeToken(before?.id ?? 0);
        tokens.program = owner({ second: {} }, rotated);
        const { changed } = await tokens.up({ refresh: true });
        expect(changed.map(({ op, name }) => `${op} ${name}`)).toEqual(["delete first"]);
        expect([active(), (await held())?.status]).toEqual([["second"], "active"]);
        expect(state.activeTokens(after?.agentId).map(({ id }) => id)).toEqual([after?.id]);
      });
    },
  );
});
