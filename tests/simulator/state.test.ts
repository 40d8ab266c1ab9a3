import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

const AGENTS = "/projects/101/cluster_agents";

describe("changes by hand", () => {
  let gitlab: Simulator;

  beforeAll(async () => {
    gitlab = await startSimulator();
  });
  beforeEach(() => gitlab.reset());
  afterAll(() => gitlab.close());

  const status = async (path: string, as = "maintainer"): Promise<number> =>
    (await send(gitlab, "GET", path, { as })).status;

  it("create and delete what the API shows, and are not recorded as requests", async () => {
    const agent = gitlab.state.createAgent("group/app", "a", 2);
    const token = gitlab.state.createToken(agent.id, "t", "by hand");
    gitlab.state.setUrlConfiguration(agent.id, { url: "grpc://one" });
    const second = gitlab.state.setUrlConfiguration(agent.id, { url: "grpc://two" });
    expect(gitlab.requests).toEqual([]);
    expect((await send(gitlab, "GET", `${AGENTS}/${agent.id}`)).body).toMatchObject({
      created_by_user_id: 2,
      is_receptive: true,
    });
    expect((await send(gitlab, "GET", `${AGENTS}/${agent.id}/tokens/${token.id}`)).body.description).toBe("by hand");
    expect((await send(gitlab, "GET", `${AGENTS}/${agent.id}/url_configurations`)).body).toMatchObject([
      { id: second.id, url: "grpc://two" },
    ]);
    gitlab.state.revokeToken(token.id);
    gitlab.state.deleteUrlConfiguration(agent.id);
    expect(await status(`${AGENTS}/${agent.id}/tokens/${token.id}`)).toBe(404);
    expect((await send(gitlab, "GET", `${AGENTS}/${agent.id}/url_configurations`)).body).toEqual([]);
    gitlab.state.deleteAgent(agent.id);
    expect(await status(`${AGENTS}/${agent.id}`)).toBe(404);
  });

  it("find an object by name, and say what is missing", () => {
    gitlab.state.createAgent(101, "a");
    gitlab.state.createAgent(102, "b");
    gitlab.state.createAgent(101, "b");
    expect(gitlab.state.agent("a").id).toBe(1);
    expect(() => gitlab.state.agent("b")).toThrow("The simulated GitLab has more than one agent b.");
    expect(() => gitlab.state.agent(9)).toThrow("has no agent 9");
    expect(() => gitlab.state.project("x/y")).toThrow("has no project x/y");
    expect(() => gitlab.state.user("x")).toThrow("has no user x");
    expect(() => gitlab.state.revokeToken(9)).toThrow("has no token 9");
  });

  it("create and delete projects with their agents", async () => {
    const { id } = gitlab.state.createProject({ path: "new/one" });
    expect(id).toBe(103);
    expect(await status("/projects/new%2Fone/cluster_agents")).toBe(200);
    gitlab.state.createAgent(id, "a");
    gitlab.state.deleteProject(id);
    expect(await status(`/projects/${id}`)).toBe(404);
    expect(gitlab.state.agents).toEqual([]);
  });

  it("change roles everywhere, or in one project", async () => {
    gitlab.state.setRole("maintainer", "guest", 101);
    expect(await status(AGENTS)).toBe(404);
    expect(await status("/projects/102/cluster_agents")).toBe(200);
    gitlab.state.setRole("maintainer", "developer", "group/app");
    expect(await status(AGENTS)).toBe(200);
    gitlab.state.setRole("maintainer", "none");
    expect(await status("/projects/102")).toBe(404);
  });

  it("rotate and expire credentials", async () => {
    gitlab.state.rotateCredential("maintainer", "fresh");
    expect([await status("/user"), await status("/user", "fresh")]).toEqual([401, 200]);
    gitlab.state.expireCredential("maintainer");
    expect(await status("/user", "fresh")).toBe(401);
  });
});
