import { RedirectRefusedError, withCode, type GitLab } from "../../provider/gitlab";
import { startSimulator, type FaultRule, type Simulator } from "../../simulator";
import { expectEntry } from "../support/catalogue";
import { requestLines, clientOf, failure, SkippingClock } from "./client";

describe("redirects", () => {
  let simulator: Simulator;
  let elsewhere: Simulator;
  let gitlab: GitLab;
  beforeAll(async () => {
    simulator = await startSimulator();
    elsewhere = await startSimulator({ host: "127.0.0.2" });
  });
  beforeEach(() => {
    simulator.reset();
    elsewhere.reset();
    gitlab = clientOf(simulator);
  });
  afterAll(() => Promise.all([simulator.close(), elsewhere.close()]));
  const redirect = (rule: Partial<FaultRule>): void => void simulator.faults.add({ kind: "redirect", ...rule });

  it.each([301, 302, 303, 307, 308])(
    "to another origin are refused, and nothing is sent there (%d)",
    async (status) => {
      redirect({ status, location: `${elsewhere.url}/api/v4/user?private_token=canary#canary` });
      const error = await failure(gitlab.begin("read the user").user());
      expect(error).toBeInstanceOf(RedirectRefusedError);
      expect(error.message).toContain(`it redirects to ${elsewhere.url}/api/v4/user, which is not the configured host`);
      expect(error.message).toContain("`gitlab:baseUrl`");
      expect(error.message).not.toContain("canary");
      expect(elsewhere.connections.total).toBe(0);
    },
  );

  it("to another port, scheme or user of the same host are refused, too", async () => {
    const { host } = new URL(simulator.url);
    for (const location of [
      "http://127.0.0.1:1/api/v4/user",
      `https://${host}/api/v4/user`,
      "//127.0.0.2/api/v4/user",
    ]) {
      redirect({ location });
      expect(await failure(gitlab.begin("read the user").user())).toBeInstanceOf(RedirectRefusedError);
    }
    expect(simulator.requests).toHaveLength(3);
  });

  it("on the same origin are followed for a GET", async () => {
    redirect({ path: "/projects/group%2Fapp", location: "/api/v4/projects/102" });
    expect((await gitlab.begin("look").projects.get("group/app")).id).toBe(102);
    expect(requestLines(simulator)).toEqual(["GET /projects/group%2Fapp", "GET /projects/102"]);
  });

  it("lead to a renamed project", async () => {
    simulator.state.renameProject("group/app", "group/renamed", { redirect: true });
    expect(await gitlab.begin("look").projects.get("group/app")).toMatchObject({
      path_with_namespace: "group/renamed",
    });
    expect(await gitlab.begin("list").agents.list("group/app")).toEqual([]);
  });

  it.each(["POST", "DELETE"])("are not followed for a %s; the error names the new address", async (method) => {
    redirect({ location: "/api/v4/projects/102/cluster_agents" });
    const operation = gitlab.begin("write");
    const error = await failure(
      method === "POST" ? operation.agents.create(101, "one") : operation.agents.delete(101, 1),
    );
    expect(error).toBeInstanceOf(RedirectRefusedError);
    expect(error.message).toContain(`it redirects to ${simulator.url}/api/v4/projects/102/cluster_agents`);
    expect(error.message).toMatch(/new path, or its id/);
    expect(simulator.requests).toHaveLength(1);
  });

  it("that never end are an error", async () => {
    redirect({ location: "/api/v4/user", times: Infinity });
    const error = await failure(gitlab.begin("read the user").user());
    expect(error).toBeInstanceOf(RedirectRefusedError);
    expectEntry("Too many redirects", withCode(error.message));
    expect(simulator.requests).toHaveLength(6);
  });

  it("without a target are reported", async () => {
    redirect({ location: "http://[" });
    expect((await failure(clientOf(simulator, new SkippingClock()).begin("look").user())).message).toContain(
      "it redirects to http://[",
    );
  });
});
