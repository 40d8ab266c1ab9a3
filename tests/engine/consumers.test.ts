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

/** The stack with the tokens: an agent, the given tokens, and the last token's secret as its output. */
const owner = (tokens: Record<string, TokenOptions>) => async () => {
  const { project, agentId } = new ClusterAgent("production", { project: "group/app" });
  const declared = Object.entries(tokens).map(
    ([name, { month = "1", ...opts }]) => new AgentToken(name, { project, agentId, rotationTriggers: { month } }, opts),
  );
  return { agentToken: declared.at(-1)?.token };
};

// The program from docs/replacement.md: it reads the token of another stack.
const consumer = async () => {
  const infrastructure = new pulumi.StackReference("organization/infrastructure/production");
  return { agentToken: infrastructure.requireOutput("agentToken") };
};

test("docs/replacement.md: after a rotation a consumer in another stack has a revoked token; with the recipe it always has an active one", async () => {
  const { state } = simulator;
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]! };
  await withStack(
    { project: "infrastructure", name: "production", program: owner({ first: {} }), env },
    async (tokens) => {
      const other = { project: "cluster", name: "production", program: consumer };
      const backend = { PULUMI_BACKEND_URL: tokens.env["PULUMI_BACKEND_URL"] ?? "" };
      await withStack({ ...other, env: backend }, async (cluster) => {
        /** The token that the consumer's last update used. */
        const held = async () => state.tokenBySecret(String((await cluster.outputs())["agentToken"]?.value));
        const active = () => state.activeTokens().map(({ name }) => name);
        const up = async (stack: EngineStack, program?: pulumi.automation.PulumiFn) => {
          if (program !== undefined) stack.program = program;
          return stack.up();
        };
        await up(tokens);
        await up(cluster);
        expect(await held()).toMatchObject({ name: "first", status: "active" });

        // The page warns of this: the rotation revokes the token that the other stack uses.
        await up(tokens, owner({ first: { month: "2" } }));
        expect(await held()).toMatchObject({ name: "first", status: "revoked" });
        const updated = await up(cluster);
        expect(await held()).toMatchObject({ name: "first", status: "active" });
        // A secret output is secret in the other stack, too.
        expect(updated.outputs["agentToken"]?.secret).toBe(true);

        // The recipe: add a second token, update the consumer, remove the first token.
        await up(tokens, owner({ first: { month: "2" }, second: {} }));
        expect([active(), (await held())?.status]).toEqual([["first", "second"], "active"]);
        await up(cluster);
        expect(await held()).toMatchObject({ name: "second", status: "active" });
        await up(tokens, owner({ second: {} }));
        expect([active(), (await held())?.status]).toEqual([["second"], "active"]);

        // The other way: `retainOnDelete`, set in an earlier update, keeps the replaced token active.
        await up(tokens, owner({ second: { retainOnDelete: true } }));
        await up(tokens, owner({ second: { retainOnDelete: true, month: "2" } }));
        expect([active(), (await held())?.status]).toEqual([["second", "second"], "active"]);
        const before = await held();
        await up(cluster);
        const after = await held();
        expect([after?.status, after?.id === before?.id]).toEqual(["active", false]);
        // Pulumi no longer has the old token: it is revoked by hand, and the stack shows no change.
        state.revokeToken(before?.id ?? 0);
        expect((await tokens.up({ refresh: true })).changed).toEqual([]);
        expect(state.activeTokens().map(({ id }) => id)).toEqual([after?.id]);
      });
    },
  );
});
