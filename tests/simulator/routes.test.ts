import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

const AGENTS = "/projects/101/cluster_agents";

describe("routes", () => {
  let gitlab: Simulator;

  beforeAll(async () => {
    gitlab = await startSimulator({ clock: () => Date.UTC(2026, 0, 2), kas: { externalUrl: "wss://kas.example.com" } });
  });
  beforeEach(() => gitlab.reset());
  afterAll(() => gitlab.close());

  it("shows a project by id and by path, escaped or in another case", async () => {
    const { body } = await send(gitlab, "GET", "/projects/102");
    expect(body).toEqual({
      id: 102,
      description: null,
      name: "infra",
      name_with_namespace: "group / subgroup / infra",
      path: "infra",
      path_with_namespace: "group/subgroup/infra",
      created_at: "2026-01-02T00:00:00.000Z",
      default_branch: "main",
      visibility: "private",
      web_url: `${gitlab.url}/group/subgroup/infra`,
      permissions: { project_access: { access_level: 40, notification_level: 3 }, group_access: null },
    });
    for (const path of ["group%2Fsubgroup%2Finfra", "Group%2fSubGroup%2fInfra"]) {
      expect((await send(gitlab, "GET", `/projects/${path}`)).body).toEqual(body);
    }
  });

  it.each([
    ["/projects/group/app", { error: "404 Not Found" }],
    ["/projects/group/app/cluster_agents", { error: "404 Not Found" }],
    ["/projects/group%252Fapp", { message: "404 Project Not Found" }],
    ["/projects/app", { message: "404 Project Not Found" }],
    ["/projects/1e2", { message: "404 Project Not Found" }],
  ])("does not find %s", async (path, body) => {
    const response = await send(gitlab, "GET", path);
    expect([response.status, response.body]).toEqual([404, body]);
  });

  it.each<[string, string]>([
    ["GET", "/nothing"],
    ["GET", ""],
    ["POST", "/projects/101"],
    ["PUT", `${AGENTS}/1`],
    ["PATCH", `${AGENTS}/1/tokens/1`],
    ["PUT", `${AGENTS}/1/url_configurations/1`],
    ["DELETE", `${AGENTS}/1/tokens`],
    ["GET", `${AGENTS}/1/nothing`],
  ])("has no %s %s, with or without a credential", async (method, path) => {
    for (const as of ["maintainer", null]) {
      const response = await send(gitlab, method, path, { as, body: method === "GET" ? undefined : {} });
      expect([response.status, response.body]).toEqual([404, { error: "404 Not Found" }]);
    }
  });

  it("returns the agent server and the user of the credential", async () => {
    expect((await send(gitlab, "GET", "/metadata", { as: "guest" })).body).toEqual({
      version: "18.3.0-ee",
      revision: expect.any(String),
      kas: {
        enabled: true,
        externalUrl: "wss://kas.example.com",
        externalK8sProxyUrl: expect.stringContaining("https://"),
        version: "18.3.0",
      },
      enterprise: true,
    });
    expect((await send(gitlab, "GET", "/user", { as: "guest" })).body).toEqual({
      id: 3,
      username: "guest",
      name: "guest",
      state: "active",
    });
  });

  it("has no address of a disabled agent server", async () => {
    const other = await startSimulator({ kas: { enabled: false }, foss: true });
    const { body } = await send(other, "GET", "/metadata");
    await other.close();
    expect(body).toMatchObject({ kas: { enabled: false, externalUrl: null, version: null }, enterprise: false });
  });

  describe("a project that has moved", () => {
    beforeEach(() => {
      gitlab.state.createAgent(101, "a");
      gitlab.state.renameProject(101, "group/renamed");
    });

    it("is found by its new path and its id", async () => {
      expect((await send(gitlab, "GET", "/projects/group%2Frenamed")).body.path_with_namespace).toBe("group/renamed");
      expect((await send(gitlab, "GET", AGENTS)).status).toBe(200);
    });

    it("redirects a GET by its former path to its id, and refuses other methods", async () => {
      const got = await send(gitlab, "GET", "/projects/group%2Fapp/cluster_agents?page=2");
      expect([got.status, got.headers.get("Location")]).toEqual([301, `${gitlab.url}/api/v4${AGENTS}?page=2`]);
      const posted = await send(gitlab, "POST", "/projects/group%2Fapp/cluster_agents", { body: { name: "b" } });
      expect([posted.status, posted.body]).toEqual([
        405,
        { message: "Non GET methods are not allowed for moved projects" },
      ]);
      const hidden = await send(gitlab, "GET", "/projects/group%2Fapp", { as: "nobody" });
      expect(hidden.status).toBe(401);
    });

    it("is not found by its former path after a move without a redirect", async () => {
      gitlab.state.renameProject(102, "group/other", { redirect: false });
      expect((await send(gitlab, "GET", "/projects/group%2Fsubgroup%2Finfra")).status).toBe(404);
    });
  });

  describe("bodies", () => {
    const post = async (body: string | FormData | URLSearchParams, type?: string): Promise<unknown[]> => {
      const response = await fetch(`${gitlab.url}/api/v4${AGENTS}`, {
        method: "POST",
        headers: {
          "PRIVATE-TOKEN": gitlab.tokens.maintainer!,
          ...(type === undefined ? {} : { "Content-Type": type }),
        },
        body,
      });
      return [response.status, await response.json()];
    };
    const form = (name: string, value: string): FormData => {
      const data = new FormData();
      data.set(name, value);
      return data;
    };

    it.each<[string, () => Promise<unknown[]>]>([
      ["JSON", () => post('{"name":"a"}', "application/json; charset=utf-8")],
      ["a form", () => post(new URLSearchParams({ name: "a" }))],
      ["a multipart form", () => post(form("name", "a"))],
      ["JSON with more than is asked for", () => post('{"name":"a","id":5,"other":{}}', "application/json")],
    ])("takes %s", async (_, sent) => {
      expect(await sent()).toEqual([201, expect.objectContaining({ name: "a" })]);
    });

    it("uses the query too, and the body takes precedence", async () => {
      expect((await send(gitlab, "POST", `${AGENTS}?name=query`)).body.name).toBe("query");
      expect((await send(gitlab, "POST", `${AGENTS}?name=query`, { body: { name: "body" } })).body.name).toBe("body");
    });

    it("converts a number to text", async () => {
      expect((await send(gitlab, "POST", AGENTS, { body: { name: 7 } })).body.name).toBe("7");
    });

    it.each<[string, () => Promise<unknown[]>, number, string]>([
      ["nothing", () => post("", "application/json"), 400, "name is missing"],
      ["a list", () => post('["name"]', "application/json"), 400, "name is missing"],
      ["text", () => post("name=a", "text/plain"), 400, "name is missing"],
      ["a nested value", () => post('{"name":{"a":1}}', "application/json"), 400, "name is invalid"],
      ["a list as value", () => post('{"name":["a"]}', "application/json"), 400, "name is invalid"],
      ["a nested field", () => post(new URLSearchParams({ "name[]": "a" })), 400, "name is invalid"],
      ["broken JSON", () => post('{"name":', "application/json"), 400, "message body does not match declared format"],
      [
        "broken multipart",
        () => post("x", "multipart/form-data; boundary=y"),
        400,
        "message body does not match declared format",
      ],
      [
        "XML",
        () => post("<a/>", "application/xml"),
        415,
        "The provided content-type 'application/xml' is not supported.",
      ],
    ])("refuses %s", async (_, sent, status, error) => {
      expect(await sent()).toEqual([status, { error }]);
      expect(gitlab.state.agents).toEqual([]);
    });

    it("refuses a zero byte first of all", async () => {
      const response = await send(gitlab, "POST", AGENTS, { body: { name: "a\0" } });
      expect([response.status, response.body]).toEqual([400, "Bad Request"]);
    });
  });
});
