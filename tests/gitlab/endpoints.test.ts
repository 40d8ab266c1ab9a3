import {
  AuthenticationError,
  ConfigurationError,
  NotFoundError,
  openGitLab,
  PermissionError,
  ValidationError,
  VERSION,
  type GitLab,
} from "../../provider/gitlab";
import { startSimulator, type Simulator } from "../../simulator";
import { requestLines, clientOf, failure, settings, SkippingClock } from "./client";

describe("the endpoints", () => {
  let simulator: Simulator;
  let gitlab: GitLab;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  beforeEach(() => {
    simulator.reset();
    gitlab = clientOf(simulator);
  });
  afterAll(() => simulator.close());

  it("registers, lists, reads and deletes agents", async () => {
    const { agents } = gitlab.begin("try agents");
    const agent = await agents.create("group/app", "one");
    expect(agent).toMatchObject({ name: "one", config_project: { id: 101, path_with_namespace: "group/app" } });
    expect(await agents.list("group/app")).toEqual([agent]);
    expect(await agents.get("group/app", agent.id)).toEqual(agent);
    await agents.delete("group/app", agent.id);
    expect(await agents.list("group/app")).toEqual([]);
    expect(requestLines(simulator)).toEqual([
      "POST /projects/group%2Fapp/cluster_agents",
      "GET /projects/group%2Fapp/cluster_agents?per_page=100&page=1",
      `GET /projects/group%2Fapp/cluster_agents/${agent.id}`,
      `DELETE /projects/group%2Fapp/cluster_agents/${agent.id}`,
      "GET /projects/group%2Fapp/cluster_agents?per_page=100&page=1",
    ]);
    expect(JSON.parse(simulator.requests[0]?.body ?? "")).toEqual({ name: "one" });
  });

  it("creates, lists, reads and revokes tokens", async () => {
    const { agents, tokens } = gitlab.begin("try tokens");
    const agent = await agents.create(101, "one");
    const created = await tokens.create(101, agent.id, { name: "blue", description: "for blue" });
    const { token, ...seen } = created;
    expect(token).toMatch(/^glagent-.{50}$/);
    expect(await tokens.get(101, agent.id, created.id)).toEqual(seen);
    expect(await tokens.list(101, agent.id)).toMatchObject([{ id: created.id, name: "blue", description: "for blue" }]);
    await tokens.revoke(101, agent.id, created.id);
    await tokens.revoke(101, agent.id, created.id);
    expect(await tokens.list(101, agent.id)).toEqual([]);
    expect(await failure(tokens.get(101, agent.id, created.id))).toBeInstanceOf(NotFoundError);
  });

  it("leaves out a description that is not given", async () => {
    const { agents, tokens } = gitlab.begin("try tokens");
    const agent = await agents.create(101, "one");
    await tokens.create(101, agent.id, { name: "blue", description: undefined });
    expect(JSON.parse(simulator.requests[1]?.body ?? "")).toEqual({ name: "blue" });
  });

  it("creates, lists, reads and deletes URL configurations", async () => {
    const { agents, urlConfigurations } = gitlab.begin("try URL configurations");
    const agent = await agents.create(101, "one");
    const created = await urlConfigurations.create(101, agent.id, { url: "grpcs://agent.example.com:8182" });
    expect(Buffer.from(created.public_key ?? "", "base64")).toHaveLength(32);
    expect(await urlConfigurations.list(101, agent.id)).toEqual([created]);
    expect(await urlConfigurations.get(101, agent.id, created.id)).toEqual(created);
    await urlConfigurations.delete(101, agent.id, created.id);
    expect(await urlConfigurations.list(101, agent.id)).toEqual([]);
  });

  it("reads the project, the user and the metadata", async () => {
    const operation = gitlab.begin("look around");
    expect(await operation.projects.get("group/app")).toMatchObject({ id: 101, path_with_namespace: "group/app" });
    expect(await operation.user()).toMatchObject({ username: "maintainer" });
    expect(await operation.metadata()).toMatchObject({
      kas: { enabled: true, externalUrl: "wss://kas.gitlab.example.com" },
    });
  });

  it.each([
    102,
    "102",
    "group/subgroup/infra",
    "group%2Fsubgroup%2Finfra",
    "group%2fsubgroup%2finfra",
    " group/subgroup/infra ",
  ])("accepts the project as %j", async (project) => {
    expect((await gitlab.begin("look").projects.get(project)).id).toBe(102);
  });

  it("reads all pages", async () => {
    for (let i = 0; i < 250; i++) simulator.state.createAgent("group/app", `agent-${String(i).padStart(3, "0")}`);
    const names = (await gitlab.begin("list").agents.list("group/app")).map(({ name }) => name);
    expect(new Set(names).size).toBe(250);
    expect(requestLines(simulator).map((line) => line.replace(/^.*&/, ""))).toEqual(["page=1", "page=2", "page=3"]);
  });

  it("sends the credential, its user agent and the extra headers", async () => {
    await clientOf(simulator, new SkippingClock(), { headers: '{"X-Company":"platform"}' }).begin("look").user();
    expect(simulator.requests[0]?.user).toBe("maintainer");
    expect(simulator.requests[0]?.headers).toMatchObject({
      "user-agent": `pulumi-gitlab-agent/${VERSION}`,
      accept: "application/json",
      "x-company": "platform",
    });
  });

  it("returns GitLab's time", async () => {
    const operation = gitlab.begin("look");
    expect(operation.serverTime(operation.now())).toBeUndefined();
    await operation.user();
    const time = operation.serverTime(operation.now());
    expect(time?.earliest).toBeLessThanOrEqual(Date.now());
    expect(time?.latest).toBeGreaterThanOrEqual(Date.now() - 1);
  });

  it("shares one client among equal settings", () => {
    const given = settings({ token: "glpat-shared" });
    expect(openGitLab(given)).toBe(openGitLab(settings({ token: "glpat-shared" })));
    expect(openGitLab(given)).not.toBe(openGitLab(settings({ token: "glpat-other" })));
  });
});

describe("sub-paths", () => {
  it("are part of the base URL", async () => {
    const simulator = await startSimulator({ basePath: "/gitlab" });
    try {
      await clientOf(simulator).begin("look").projects.get("group/app");
      expect(simulator.requests[0]?.path).toBe("/gitlab/api/v4/projects/group%2Fapp");
    } finally {
      await simulator.close();
    }
  });
});

describe("errors", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  const as = (user: string, values: Record<string, string> = {}): GitLab =>
    clientOf(simulator, new SkippingClock(), { token: simulator.tokens[user] ?? user, ...values });

  it("of a missing credential name every place for it, and nothing is sent", async () => {
    const before = simulator.requests.length;
    const gitlab = openGitLab(settings({ baseUrl: simulator.url }), new SkippingClock());
    const error = await failure(gitlab.begin('register agent "one"').agents.create("group/app", "one"));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/^Could not register agent "one": there is no GitLab credential\./);
    expect(error.message).toMatch(/gitlab:token.*GITLAB_TOKEN.*Provider/);
    expect(simulator.requests).toHaveLength(before);
  });

  it("of a job token say that it cannot call this API", async () => {
    const alone = openGitLab(
      settings({ baseUrl: simulator.url }, { CI_JOB_TOKEN: "job-token-1" }),
      new SkippingClock(),
    );
    expect((await failure(alone.begin("x").user())).message).toMatch(
      /CI_JOB_TOKEN is set, but a job token cannot call this API/,
    );
    const env = { CI_JOB_TOKEN: "job-token-1", GITLAB_TOKEN: "job-token-1" };
    const used = openGitLab(settings({ baseUrl: simulator.url }, env), new SkippingClock());
    const error = await failure(used.begin("x").user());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/GITLAB_TOKEN.*job token.*cannot call this API/);
  });

  it("401: name the source of the credential, and what to do after a rotation", async () => {
    const error = await failure(as("glpat-unknown-canary").begin("read agent 7 in project 101").agents.get(101, 7));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(
      /^Could not read agent 7 in project 101: GET \/api\/v4\/projects\/101\/cluster_agents\/7 on http:\/\/127/,
    );
    expect(error.message).toMatch(/answered 401: .*`gitlab:token` in the stack's configuration/);
    expect(error.message).toMatch(/--run-program.*GITLAB_TOKEN/);
    expect(error.message).not.toContain("canary");
    expect(error.message).not.toContain("\n");
  });

  it("403: name the required role", async () => {
    const write = await failure(as("developer").begin("register agent").agents.create("group/app", "one"));
    expect(write).toBeInstanceOf(PermissionError);
    expect(write.message).toMatch(/403.*Maintainer.*credential came from/);
    const agent = simulator.state.createAgent("group/app", "reads");
    const read = await failure(as("developer").begin("read").urlConfigurations.list("group/app", agent.id));
    expect(read.message).toMatch(/URL configurations need the role Maintainer/);
  });

  it("404: say that the object may be hidden", async () => {
    const error = await failure(as("guest").begin("list agents").agents.list("group/app"));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).toMatch(/may not see/);
    expect(error.status).toBe(404);
  });

  it("400: have GitLab's reasons, in both forms", async () => {
    const { agents, tokens } = as("maintainer").begin("try");
    const twice = await failure(agents.create("group/app", ""));
    expect(twice).toBeInstanceOf(ValidationError);
    expect((twice as ValidationError).reasons).toEqual(
      expect.arrayContaining([expect.stringMatching(/blank/), expect.stringMatching(/can contain only/)]),
    );
    const agent = await agents.create("group/app", "full");
    await tokens.create("group/app", agent.id, { name: "a" });
    await tokens.create("group/app", agent.id, { name: "b" });
    const limit = (await failure(tokens.create("group/app", agent.id, { name: "c" }))) as ValidationError;
    expect(limit.reasons).toEqual(["An agent can have only two active tokens at a time"]);
  });

  it("of these kinds are not retried", async () => {
    const before = simulator.requests.length;
    await failure(as("developer").begin("register agent").agents.create("group/app", "one"));
    await failure(as("guest").begin("list agents").agents.list("group/app"));
    expect(simulator.requests.length - before).toBe(2);
  });
});

describe("the form of certificates", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nnot checked\n-----END CERTIFICATE-----\n";

  it.each(["pem", "base64"] as const)(
    "finds that this GitLab expects %s, and uses that form from then on",
    async (certificates) => {
      const { certificateAuthority } = await import("../support/certificates");
      const ca = await certificateAuthority();
      const client = await ca.issue({ commonName: "agent" });
      const simulator = await startSimulator({ certificates });
      try {
        const operation = clientOf(simulator).begin("configure");
        const given = { url: "grpcs://a:1", client_cert: client.cert, client_key: client.key, ca_cert: ca.cert };
        for (const name of ["one", "two"]) {
          const agent = await operation.agents.create(101, name);
          const created = await operation.urlConfigurations.create(101, agent.id, given);
          expect(created.public_key).toBeNull();
        }
        const statuses = simulator.requests
          .filter(({ path }) => path.endsWith("url_configurations"))
          .map(({ status }) => status);
        expect(statuses).toEqual(certificates === "pem" ? [201, 201] : [400, 201, 201]);
      } finally {
        await simulator.close();
      }
    },
  );

  it("shows GitLab's first complaint if it refuses both forms, and records neither", async () => {
    const simulator = await startSimulator();
    try {
      const operation = clientOf(simulator).begin("configure");
      const agent = await operation.agents.create(101, "one");
      const bad = { url: "grpcs://a:1", ca_cert: pem };
      const error = await failure(operation.urlConfigurations.create(101, agent.id, bad));
      expect(error.message).toMatch(/PEM certificate/);
      const posts = simulator.requests.filter(({ path }) => path.endsWith("url_configurations"));
      expect(posts).toHaveLength(2);
      const { certificateAuthority } = await import("../support/certificates");
      await operation.urlConfigurations.create(101, agent.id, { ...bad, ca_cert: (await certificateAuthority()).cert });
      expect(simulator.requests.at(-1)?.body).toContain("BEGIN CERTIFICATE");
    } finally {
      await simulator.close();
    }
  });
});
