import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { withProject } from "../support/project";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const COUNT = 30;
const PROGRAM = `import { AgentToken, ClusterAgent } from "pulumi-gitlab-agent";
for (let i = 0; i < ${COUNT}; i++) {
  const agent = new ClusterAgent(\`agent-\${i}\`, { project: "group/app" });
  new AgentToken(\`agent-\${i}\`, { project: agent.project, agentId: agent.agentId });
}
`;
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    target: "es2022",
    module: "commonjs",
    moduleResolution: "node10",
    skipLibCheck: true,
  },
  files: ["index.ts"],
};

test("a resource takes at most 1.4 kB of state on disk, with the line that declares it", async () => {
  const files = {
    "Pulumi.yaml": "name: size\nruntime: nodejs\n",
    "package.json": '{ "name": "size", "main": "index.ts" }',
    "tsconfig.json": JSON.stringify(TSCONFIG),
    "index.ts": PROGRAM,
  };
  const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["maintainer"] ?? "" };
  await withProject({ files, env }, async (project) => {
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    const state = project.stateFiles().find((text) => text.includes('"checkpoint"')) ?? "";
    expect(state.length / (2 * COUNT)).toBeLessThanOrEqual(1400);
    expect(state).toContain('"sourcePosition":"project:///index.ts#3,17"');
    expect(state).toContain('"sourcePosition":"project:///index.ts#4,3"');
    expect(simulator.requests).toHaveLength(2 * COUNT);
    await project.pulumi(["destroy", "--yes", "--skip-preview"]);
    expect(simulator.requests).toHaveLength(4 * COUNT);
    process.stdout.write(`state: ${Math.round(state.length / (2 * COUNT))} bytes a resource\n`);
  });
});
