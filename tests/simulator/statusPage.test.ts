import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./requests";

const AGENTS = "/projects/101/cluster_agents";

describe("the status page", () => {
  let gitlab: Simulator;

  beforeAll(async () => {
    gitlab = await startSimulator({ clock: () => Date.UTC(2026, 0, 2) });
  });
  beforeEach(() => gitlab.reset());
  afterAll(() => gitlab.close());

  const page = async (path = "/"): Promise<string> => {
    const response = await fetch(gitlab.url + path);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/html; charset=UTF-8"]);
    return response.text();
  };

  async function fill(): Promise<string> {
    const agent = gitlab.state.createAgent(101, "cluster-a", 1);
    const created = await send(gitlab, "POST", `${AGENTS}/${agent.id}/tokens`, { body: { name: "<b>bold</b>" } });
    gitlab.state.revokeToken(gitlab.state.createToken(agent.id, "old-token").id);
    gitlab.state.setUrlConfiguration(agent.id, { url: "grpc://agent.example.com" });
    gitlab.faults.add({ kind: "commitThenDrop", method: "POST", path: "/projects/**" });
    await send(gitlab, "POST", AGENTS, { body: { name: "lost" } }).catch(() => undefined);
    return created.body.token as string;
  }

  it("shows all sections, and no secret", async () => {
    const secret = await fill();
    const sections = sectionsOf(await page());
    expect(sections["agents"]).toMatch(/Agents \(2\).* 1 group\/app cluster-a.*yes.*maintainer/);
    expect(sections["active-tokens"]).toMatch(/Active tokens \(1\).*cluster-a.*…[\w-]{4}.*never/);
    expect(sections["revoked-tokens"]).toMatch(/Revoked tokens \(1\).*old-token/);
    expect(sections["url-configurations"]).toMatch(/URL configurations \(1\).*grpc:\/\/agent\.example\.com.*JWT/);
    expect(sections["faults"]).toMatch(/Scheduled faults \(1\).*commitThenDrop.* 1 1 0/);
    expect(sections["requests"]).toMatch(
      /Last requests \(2\) # time .*maintainer no answer \(was 201\) commitThenDrop.* 201/,
    );
    // The time of each, by GitLab's clock.
    expect(sections["requests"]).toMatch(/ 2 00:00:00\.000 POST .* 1 00:00:00\.000 POST /);
    const whole = await page();
    for (const hidden of [secret, ...Object.values(gitlab.tokens)]) expect(whole).not.toContain(hidden);
    expect(whole).toContain("&lt;b&gt;bold&lt;/b&gt;");
    expect(whole).not.toContain("<b>bold</b>");
  });

  it("breaks no word: a line ends only after a slash, a blank or the like, and a wide table is scrolled", async () => {
    await fill();
    await send(gitlab, "GET", `/projects/group%2Fsubgroup%2Finfra/cluster_agents?per_page=100&page=1`);
    const whole = await page();
    expect(whole).toMatch(/td \{[^}]*white-space: nowrap/);
    expect(whole).toMatch(/section \{[^}]*overflow-x: auto/);
    expect(whole).not.toMatch(/anywhere|break-all/);
    const breaks = [...whole.matchAll(/(\S+?)<wbr \/>(.?)/g)].map(([, before = "", after]) => [before.at(-1), after]);
    expect(breaks.length).toBeGreaterThan(10);
    expect(breaks.filter(([before = "", after]) => !/[/?&;,]/.test(before) && after !== "<")).toEqual([]);
    expect(whole).toContain("projects/<wbr />group%2Fsubgroup%2Finfra/<wbr />cluster_agents?<wbr />per_page=100");
  });

  it("says so if a section is empty", async () => {
    const sections = sectionsOf(await page());
    expect(Object.keys(sections)).toEqual([
      "requests",
      "agents",
      "active-tokens",
      "revoked-tokens",
      "url-configurations",
      "faults",
    ]);
    for (const section of Object.values(sections)) expect(section).toMatch(/\(0\) none/);
  });

  it("returns the same as JSON, which is not recorded as a request", async () => {
    const secret = await fill();
    const before = gitlab.requests.length;
    gitlab.faults.add({ kind: "status", times: Infinity, path: /./ });
    const response = await fetch(`${gitlab.url}/_simulator/status`);
    const text = await response.text();
    expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({
      url: gitlab.url,
      agents: [{ name: "cluster-a", project: "group/app", receptive: true, createdBy: "maintainer" }, { name: "lost" }],
      tokens: [{ status: "active" }, { status: "revoked", agent: "cluster-a" }],
      urlConfigurations: [{ authentication: "JWT" }],
      requests: [
        { number: 2, at: "2026-01-02T00:00:00.000Z", apiStatus: 201, fault: "commitThenDrop" },
        { number: 1, status: 201 },
      ],
      faults: [
        { fired: 1, remaining: 0 },
        { rule: { pathPattern: ".", times: "always" }, remaining: "always" },
      ],
    });
    expect(gitlab.requests).toHaveLength(before);
  });

  it("is served below a base path, and at the root", async () => {
    const other = await startSimulator({ basePath: "/gitlab" });
    const { origin } = new URL(other.url);
    const responses = [origin, `${origin}/`, other.url, `${other.url}/`, `${other.url}/_simulator/status`];
    const statuses = await Promise.all(responses.map(async (url) => (await fetch(url)).status));
    await other.close();
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
  });
});

/** The text of each section, by its id. */
function sectionsOf(html: string): Record<string, string> {
  const sections: Record<string, string> = {};
  for (const [, id = "", inner = ""] of html.matchAll(/<section id="([^"]+)">(.*?)<\/section>/gs)) {
    sections[id] = inner
      .replace(/<wbr ?\/?>/g, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " ")
      .replace(/\( ?(\d+) ?\)/g, "($1)")
      .trim();
  }
  return sections;
}
