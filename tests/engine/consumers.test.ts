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

/** The stack that owns the tokens: an agent, these tokens, and as its output the secret of the last. */
const owner = (tokens: Record<string, TokenOptions>) => async () => {
  const { project, agentId } = new ClusterAgent("production", { project: "group/app" });
  const declared = Object.entries(tokens).map(
    ([name, { month = "1", ...opts }]) => new AgentToken(name, { project, agentId, rotationTriggers: { month } }, opts),
  );
  return { agentToken: declared.at(-1)?.token };
};

// As docs/replacement.md has it: a stack that reads the token of another one.
const consumer = async () => {
  const infrastructure = new pulumi.StackReference("organization/infrastructure/production");
  return { agentToken: infrastructure.requireOutput("agentToken") };
};

test("docs/replacement.md: a consumer in another stack holds a revoked token after a rotation, and an active one all along by the recipe", async () => {
  const { state } = simulator;
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"]! };
  await withStack(
    { project: "infrastructure", name: "production", program: owner({ first: {} }), env },
    async (tokens) => {
      const other = { project: "cluster", name: "production", program: consumer };
      const backend = { PULUMI_BACKEND_URL: tokens.env["PULUMI_BACKEND_URL"] ?? "" };
      await withStack({ ...other, env: backend }, async (cluster) => {
        /** What the other stack gave to its cluster in its last update. */
        const held = async () => state.tokenBySecret(String((await cluster.outputs())["agentToken"]?.value));
        const active = () => state.activeTokens().map(({ name }) => name);
        const up = async (stack: EngineStack, program?: pulumi.automation.PulumiFn) => {
          if (program !== undefined) stack.program = program;
          return stack.up();
        };
        await up(tokens);
        await up(cluster);
        expect(await held()).toMatchObject({ name: "first", status: "active" });

        // What the page warns of: the rotation's own update revokes what the other stack holds.
        await up(tokens, owner({ first: { month: "2" } }));
        expect(await held()).toMatchObject({ name: "first", status: "revoked" });
        const moved = await up(cluster);
        expect(await held()).toMatchObject({ name: "first", status: "active" });
        // A secret of the one is a secret of the other.
        expect(moved.outputs["agentToken"]?.secret).toBe(true);

        // The recipe: a second token beside the first; the consumer moves; the first is taken away.
        await up(tokens, owner({ first: { month: "2" }, second: {} }));
        expect([active(), (await held())?.status]).toEqual([["first", "second"], "active"]);
        await up(cluster);
        expect(await held()).toMatchObject({ name: "second", status: "active" });
        await up(tokens, owner({ second: {} }));
        expect([active(), (await held())?.status]).toEqual([["second"], "active"]);

        // The other way: `retainOnDelete`, set by an update of its own, leaves the replaced token active.
        await up(tokens, owner({ second: { retainOnDelete: true } }));
        await up(tokens, owner({ second: { retainOnDelete: true, month: "2" } }));
        expect([active(), (await held())?.status]).toEqual([["second", "second"], "active"]);
        const before = await held();
        await up(cluster);
        const after = await held();
        expect([after?.status, after?.id === before?.id]).toEqual(["active", false]);
        // Pulumi no longer knows the old one: it is revoked by hand, and nothing of Pulumi's changes.
        state.revokeToken(before?.id ?? 0);
        expect((await tokens.up({ refresh: true })).changed).toEqual([]);
        expect(state.activeTokens().map(({ id }) => id)).toEqual([after?.id]);
      });
    },
  );
});
