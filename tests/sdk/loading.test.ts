import { startSimulator } from "pulumi-gitlab-agent/simulator";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";

/** The client's files that a process has loaded, from its module cache. */
const loaded = `Object.keys(require.cache).filter((file) => /\\/dist\\/provider\\/|node_modules\\/axios\\//.test(file)).length`;

/** Runs a program in a new process, with the package as it is installed. */
async function run(program: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { code, stdout, output } = await runCommand(process.execPath, ["-e", program], {
    cwd: repository,
    env: cleanEnvironment(env),
    limit: 60,
  });
  if (code !== 0) throw new Error(output);
  return JSON.parse(stdout);
}

test("importing the package loads neither the client nor the HTTP library, also in programs with resources", async () => {
  const program = `
    const pulumi = require("@pulumi/pulumi");
    pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) });
    const gitlab = require("pulumi-gitlab-agent");
    new gitlab.Provider("explicit", { token: "t" });
    new gitlab.ClusterAgent("agent", { project: 42 });
    console.log(JSON.stringify({ loaded: ${loaded}, functions: Object.keys(gitlab).filter((name) => name.startsWith("get")).sort() }));
  `;
  expect(await run(program)).toEqual({
    loaded: 0,
    functions: ["AgentToken", "ClusterAgent", "ReceptiveUrlConfig"]
      .flatMap((noun) => [noun, `${noun}Output`, `${noun}s`, `${noun}sOutput`])
      .concat("Kas", "KasOutput")
      .map((name) => `get${name}`)
      .sort(),
  });
});

test("the first call loads them, and uses the settings of the environment", async () => {
  const simulator = await startSimulator();
  try {
    const program = `
      const { getKas } = require("pulumi-gitlab-agent");
      const before = ${loaded};
      getKas().then((kas) => console.log(JSON.stringify({ before, after: ${loaded} > 10, address: kas.externalUrl })));
    `;
    const env = { GITLAB_BASE_URL: simulator.url, GITLAB_TOKEN: simulator.tokens["guest"] };
    expect(await run(program, env)).toEqual({ before: 0, after: true, address: "wss://kas.gitlab.example.com" });
  } finally {
    await simulator.close();
  }
});

test("a missing credential is reported with every place that it can come from", async () => {
  const program = `
    require("pulumi-gitlab-agent").getKas().catch((error) => console.log(JSON.stringify([error.name, error.message])));
  `;
  const answer = await run(program, { GITLAB_BASE_URL: "http://127.0.0.1:9" });
  expect(answer).toEqual([
    "LookupError",
    expect.stringMatching(
      /^Could not read GitLab's metadata: there is no GitLab credential.*gitlab:token.*GITLAB_TOKEN.*Provider/,
    ),
  ]);
});
