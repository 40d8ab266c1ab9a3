import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startSimulator } from "pulumi-gitlab-agent/simulator";
import type { FoundAgent } from "../../cli/inventory";
import { recordedTokens, secretsOf } from "../../cli/recordedSecrets";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-secrets-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = "glagent-a-canary-token";

function file(content: unknown): string {
  const place = path.join(folder, "state.json");
  writeFileSync(place, typeof content === "string" ? content : JSON.stringify(content));
  return place;
}

/** What GitLab has: one agent with one token. */
const FOUND = [{ agent: { id: 7 }, tokens: [{ id: 21, created_at: "2026-11-20T10:00:00.123Z" }] }] as FoundAgent[];

/** The attributes of that token in a state of Terraform. */
const attributes = { agent_id: 7, token_id: 21, created_at: "2026-11-20T10:00:00Z", token: SECRET };
const inTerraform = (changed: object) => ({
  version: 4,
  resources: [{ type: "gitlab_cluster_agent_token", instances: [{ attributes: { ...attributes, ...changed } }] }],
});
const shown = { type: "gitlab_cluster_agent_token", name: "this", values: attributes };

test.each<[string, unknown]>([
  ["terraform state pull", inTerraform({})],
  ["terraform show -json, in a module", { values: { root_module: { child_modules: [{ resources: [shown] }] } } }],
  [
    "pulumi stack export --show-secrets",
    {
      deployment: {
        resources: [
          {
            type: "gitlab:index/clusterAgentToken:ClusterAgentToken",
            outputs: {
              agentId: 7,
              tokenId: 21,
              createdAt: attributes.created_at,
              token: { plaintext: JSON.stringify(SECRET) },
            },
          },
        ],
      },
    },
  ],
])("the secret is found in %s", (_, state) => {
  const { byToken, notes } = secretsOf(FOUND, recordedTokens(file(state)));
  expect([[...byToken], notes]).toEqual([[[21, SECRET]], []]);
});

test.each<[string, object, string[]]>([
  ["another token", { token_id: 22 }, []],
  ["a token of another agent", { agent_id: 8 }, []],
  [
    "a token of another GitLab, which was created at another time",
    { created_at: "2026-11-20T10:00:01Z" },
    [
      "The recorded secret of token 21 was left out: its token was created at 2026-11-20T10:00:01Z, the one in this GitLab at 2026-11-20T10:00:00.123Z.",
    ],
  ],
])("the secret of %s is not taken", (_, changed, said) => {
  const { byToken, notes } = secretsOf(FOUND, recordedTokens(file(inTerraform(changed))));
  expect([[...byToken], notes]).toEqual([[], said]);
});

test.each<[string, unknown, RegExp]>([
  ["a secret that is not JSON", inTerraform({ token: { plaintext: SECRET } }), /has no secret of an agent's token/],
  ["a file that is not JSON", `token = ${SECRET}`, /^Could not read the secrets from .*: it is not JSON\. Make it by/],
  [
    "a state whose secrets are encrypted",
    {
      type: "gitlab:index/clusterAgentToken:ClusterAgentToken",
      outputs: { ...attributes, token: { ciphertext: "v1:abc" } },
    },
    /has no secret of an agent's token\. .*--show-secrets/,
  ],
])("%s is an error that names what to do, without the file's text", (_, content, said) => {
  const read = () => recordedTokens(file(content));
  expect(read).toThrow(said);
  expect(read).toThrow(/No request was sent to GitLab\.$/);
  expect(read).not.toThrow(new RegExp(SECRET));
});

test("only the owner can read an import file with secrets, also one that is overwritten; the program and the output have none", async () => {
  const simulator = await startSimulator();
  try {
    const agent = simulator.state.createAgent("group/app", "production");
    const token = simulator.state.createToken(agent.id, "cluster");
    const changed = {
      agent_id: agent.id,
      token_id: token.id,
      created_at: new Date(token.createdAt).toISOString(),
      token: token.secret,
    };
    const state = file(inTerraform(changed));
    writeFileSync(path.join(folder, "import.json"), "{}", { mode: 0o644 });
    const args = ["--project", "group/app", "--secrets-from", state, "--force"];
    const command = [path.join(repository, "dist/cli/index.js"), "adopt", ...args];
    const env = cleanEnvironment({ GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] });
    const { code, output } = await runCommand(process.execPath, command, { cwd: folder, env, limit: 120 });
    expect([code, output]).toEqual([0, expect.not.stringContaining(token.secret)]);
    expect(output).toContain(`import.json has secrets of tokens in clear: delete it, and ${state}, after the import.`);
    expect(statSync(path.join(folder, "import.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(folder, "import.json"), "utf8")).toContain(token.secret);
    expect(readFileSync(path.join(folder, "agents.ts"), "utf8")).not.toMatch(/no value here|glagent-/);
  } finally {
    await simulator.close();
  }
});
