import { startSimulator, type Simulator } from "pulumi-gitlab-agent/simulator";
import { gitLab } from "../../provider/configuration";
import { NotFoundError, type Operation } from "../../provider/gitlab";
import type { ProjectName } from "../../provider/inputs/ids";
import { Project, ProjectAgent } from "../../provider/project";
import { canonicalProject, learnProject, numericProject } from "../../provider/projectNumbers";
import { sameProject } from "../../provider/projectNumbers";
import { configured } from "./doors";

// What the process has learnt of projects stays for its life, so every test has projects of its own.
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

describe("one spelling for the many of a project", () => {
  test.each([
    ["group/app", "group%2Fapp"],
    ["group/app", "group%2fapp"],
    ["group/app", "GROUP/App"],
    ["group/app", "%67roup/app"],
    ["a/b/c", "a%2Fb%2fc"],
    [42, "42"],
  ])("%p and %p", (one: ProjectName, other: ProjectName) => {
    expect(canonicalProject(one)).toBe(canonicalProject(other));
  });

  test.each([
    ["group/app", "group/app2"],
    ["group/app", "group.app"],
    [42, 421],
    ["42", "group/42"],
  ])("but not %p and %p", (one: ProjectName, other: ProjectName) => {
    expect(canonicalProject(one)).not.toBe(canonicalProject(other));
  });

  test("a path with a broken escape stands for itself", () => {
    expect(canonicalProject("group%2")).toBe("group%2");
  });
});

describe("numeric ids", () => {
  test("are known of digits, and of what an agent told", () => {
    expect(numericProject("7")).toBe(7);
    expect(numericProject("b/never-met")).toBeUndefined();
    learnProject("b%2Fold", { id: 7, path: "b/New" });
    expect(numericProject("B/old")).toBe(7);
    expect(numericProject("b/new")).toBe(7);
  });

  test("an answer without them teaches nothing", () => {
    learnProject("b/silent", undefined);
    learnProject("b/silent", { id: "7", path: "b/silent" });
    expect(numericProject("b/silent")).toBeUndefined();
  });
});

describe("whether two names are of one project", () => {
  test("is no question where they are spelled alike, or both ids are at hand", async () => {
    learnProject("a/known", { id: 201, path: "a/known" });
    expect(await sameProject(begin, "b/never-asked", undefined, "B%2Fnever-asked")).toBe(true);
    expect(await sameProject(begin, 201, undefined, "a/known")).toBe(true);
    expect(await sameProject(begin, "a/known", undefined, 201)).toBe(true);
    expect(await sameProject(begin, "a/forgotten", 201, "a/known")).toBe(true);
    expect(await sameProject(begin, 202, undefined, "a/known")).toBe(false);
    expect(sent()).toEqual([]);
  });

  test("is asked once per pair and process, however many ask at the same time", async () => {
    const ask = () => sameProject(begin, id("a/once"), undefined, "a/once");
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([true, true, true]);
    expect(await ask()).toBe(true);
    expect(sent()).toEqual(["GET /projects/a%2Fonce 200"]);
  });

  test("of two paths, both are asked for", async () => {
    expect(await sameProject(begin, "a/asked", undefined, "a/other")).toBe(false);
    expect(await sameProject(begin, "a/asked", undefined, "a/other")).toBe(false);
    expect(sent().sort()).toEqual(["GET /projects/a%2Fasked 200", "GET /projects/a%2Fother 200"]);
  });

  test("a project that GitLab does not show is not the same", async () => {
    expect(await sameProject(begin, 201, undefined, "a/nowhere")).toBe(false);
    expect(sent()).toEqual(["GET /projects/a%2Fnowhere 404"]);
  });

  test("a fault is no verdict: the next one asks anew", async () => {
    const ask = () => sameProject(begin, id("a/failing"), undefined, "a/failing");
    simulator.faults.add({ kind: "status", status: 403, path: "/projects/*" });
    await expect(ask()).rejects.toThrow(/403/);
    expect(await ask()).toBe(true);
  });
});

describe("calls through renames and moves", () => {
  const agentOf = (operation: Operation, project: ProjectName, recordedId: number | undefined, agentId: number) =>
    new Project(operation, project, recordedId).agents.get(agentId);

  test("cost nothing where the path leads there", async () => {
    const agent = simulator.state.createAgent("a/known", "n");
    expect((await agentOf(begin(), "a/known", 201, agent.id)).name).toBe("n");
    expect(sent()).toHaveLength(1);
  });

  test("go by the recorded id where the path leads nowhere any more", async () => {
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

  test("go by the recorded id where another project has taken the path", async () => {
    const taken = id("a/taken");
    const agent = simulator.state.createAgent(taken, "n");
    simulator.state.renameProject(taken, "z/taken", { redirect: false });
    simulator.state.createProject({ path: "a/taken" });
    expect((await agentOf(begin(), "a/taken", taken, agent.id)).config_project.id).toBe(taken);
  });

  test("write by the id where GitLab only redirects reads, whether the id is recorded or not", async () => {
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

  test("an object that is gone is told by the call's own error", async () => {
    await expect(agentOf(begin(), "a/known", 201, 999)).rejects.toThrow(/a%2Fknown\/cluster_agents\/999.*404/);
    await expect(agentOf(begin(), 201, 201, 999)).rejects.toBeInstanceOf(NotFoundError);
  });
});
