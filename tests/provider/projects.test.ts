import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { gitLab } from "../../provider/configuration";
import { NotFoundError, type Operation } from "../../provider/gitlab";
import type { ProjectName } from "../../provider/inputs/ids";
import { Project, ProjectAgent } from "../../provider/project";
import { canonicalProject, learnProject, numericProject } from "../../provider/projectNumbers";
import { sameProject } from "../../provider/projectNumbers";
import { configured } from "./doors";

// The process keeps what it learns about projects, so each test uses its own projects.
let simulator: Simulator;
beforeAll(async () => {
  const paths = ["a/known", "a/asked", "a/other", "a/once", "a/failing", "a/moved", "a/followed", "a/taken"];
  simulator = await startSimulator({ projects: paths.map((path, at) => ({ path, id: 201 + at })) });
  await configured(simulator);
});
afterAll(() => simulator.close());
beforeEach(() => {
  simulator.requests.length = 0;
});

const begin = () => gitLab().begin("try the projects");
const sent = () => simulator.requests.map(({ method, path, status }) => `${method} ${path.slice(7)} ${status}`);
const id = (path: string) => simulator.state.project(path).id;

describe("the canonical spelling of a project", () => {
  test.each([
    ["group/app", "group%2Fapp"],
    ["group/app", "group%2fapp"],
    ["group/app", "GROUP/App"],
    ["group/app", "%67roup/app"],
    ["a/b/c", "a%2Fb%2fc"],
    [42, "42"],
  ])("is the same for %p and %p", (one: ProjectName, other: ProjectName) => {
    expect(canonicalProject(one)).toBe(canonicalProject(other));
  });

  test.each([
    ["group/app", "group/app2"],
    ["group/app", "group.app"],
    [42, 421],
    ["42", "group/42"],
  ])("differs for %p and %p", (one: ProjectName, other: ProjectName) => {
    expect(canonicalProject(one)).not.toBe(canonicalProject(other));
  });

  test("of a path with a broken escape is that path", () => {
    expect(canonicalProject("group%2")).toBe("group%2");
  });
});

describe("numeric ids", () => {
  test("are known from digits, and from what agents report", () => {
    expect(numericProject("7")).toBe(7);
    expect(numericProject("b/never-met")).toBeUndefined();
    learnProject("b%2Fold", { id: 7, path: "b/New" });
    expect(numericProject("B/old")).toBe(7);
    expect(numericProject("b/new")).toBe(7);
  });

  test("are not learnt from a response without them", () => {
    learnProject("b/silent", undefined);
    learnProject("b/silent", { id: "7", path: "b/silent" });
    expect(numericProject("b/silent")).toBeUndefined();
  });
});

describe("whether two names are of one project", () => {
  test("needs no request if the spellings are equal, or if both ids are known", async () => {
    learnProject("a/known", { id: 201, path: "a/known" });
    expect(await sameProject(begin, "b/never-asked", undefined, "B%2Fnever-asked")).toBe(true);
    expect(await sameProject(begin, 201, undefined, "a/known")).toBe(true);
    expect(await sameProject(begin, "a/known", undefined, 201)).toBe(true);
    expect(await sameProject(begin, "a/forgotten", 201, "a/known")).toBe(true);
    expect(await sameProject(begin, 202, undefined, "a/known")).toBe(false);
    expect(sent()).toEqual([]);
  });

  test("is requested once per pair and process, also by parallel calls", async () => {
    const compare = () => sameProject(begin, id("a/once"), undefined, "a/once");
    expect(await Promise.all([compare(), compare(), compare()])).toEqual([true, true, true]);
    expect(await compare()).toBe(true);
    expect(sent()).toEqual(["GET /projects/a%2Fonce 200"]);
  });

  test("needs two requests for two paths", async () => {
    expect(await sameProject(begin, "a/asked", undefined, "a/other")).toBe(false);
    expect(await sameProject(begin, "a/asked", undefined, "a/other")).toBe(false);
    expect(sent().sort()).toEqual(["GET /projects/a%2Fasked 200", "GET /projects/a%2Fother 200"]);
  });

  test("a project that GitLab does not show is not the same", async () => {
    expect(await sameProject(begin, 201, undefined, "a/nowhere")).toBe(false);
    expect(sent()).toEqual(["GET /projects/a%2Fnowhere 404"]);
  });

  test("is requested again after a fault", async () => {
    const compare = () => sameProject(begin, id("a/failing"), undefined, "a/failing");
    simulator.faults.add({ kind: "status", status: 403, path: "/projects/*" });
    await expect(compare()).rejects.toThrow(/403/);
    expect(await compare()).toBe(true);
  });
});

describe("calls in renamed and moved projects", () => {
  const agentOf = (operation: Operation, project: ProjectName, recordedId: number | undefined, agentId: number) =>
    new Project(operation, project, recordedId).agents.get(agentId);

  test("send one request if the path leads to the project", async () => {
    const agent = simulator.state.createAgent("a/known", "n");
    expect((await agentOf(begin(), "a/known", 201, agent.id)).name).toBe("n");
    expect(sent()).toHaveLength(1);
  });

  test("use the recorded id if the path leads nowhere any more", async () => {
    const moved = id("a/moved");
    const agent = simulator.state.createAgent(moved, "n");
    simulator.state.renameProject(moved, "z/moved", { redirect: false });
    expect((await agentOf(begin(), "a/moved", moved, agent.id)).name).toBe("n");
    expect(sent()).toEqual([
      `GET /projects/a%2Fmoved/cluster_agents/${agent.id} 404`,
      "GET /projects/a%2Fmoved 404",
      `GET /projects/${moved}/cluster_agents/${agent.id} 200`,
    ]);
    await expect(agentOf(begin(), "a/moved", undefined, agent.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  test("use the recorded id if another project has the path", async () => {
    const taken = id("a/taken");
    const agent = simulator.state.createAgent(taken, "n");
    simulator.state.renameProject(taken, "z/taken", { redirect: false });
    simulator.state.createProject({ path: "a/taken" });
    expect((await agentOf(begin(), "a/taken", taken, agent.id)).config_project.id).toBe(taken);
  });

  test("repeat a write with the id, recorded or not, if GitLab redirects only reads", async () => {
    const followed = id("a/followed");
    const [one, other] = ["one", "other"].map((name) => simulator.state.createAgent(followed, name).id);
    simulator.state.renameProject(followed, "z/followed");
    for (const [agentId, recordedId] of [
      [one, followed],
      [other, undefined],
    ] as const) {
      await new ProjectAgent(begin(), { project: "a/followed", agentId: agentId as number }, recordedId).delete();
    }
    expect(simulator.state.agents.filter(({ projectId }) => projectId === followed)).toEqual([]);
    expect(sent().filter((line) => line.startsWith("DELETE"))).toEqual([
      `DELETE /projects/a%2Ffollowed/cluster_agents/${one} 405`,
      `DELETE /projects/${followed}/cluster_agents/${one} 204`,
      `DELETE /projects/a%2Ffollowed/cluster_agents/${other} 405`,
      `DELETE /projects/${followed}/cluster_agents/${other} 204`,
    ]);
  });

  test("report a missing object with the call's own error", async () => {
    await expect(agentOf(begin(), "a/known", 201, 999)).rejects.toThrow(/a%2Fknown\/cluster_agents\/999.*404/);
    await expect(agentOf(begin(), 201, 201, 999)).rejects.toBeInstanceOf(NotFoundError);
  });
});
