import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentToken, ClusterAgent, Provider, type ProviderArgs } from "pulumi-gitlab-agent";
import { startSimulator, type Simulator, type SimulatorOptions } from "pulumi-gitlab-agent/simulator";
import { withWatchedStack, type Canaries } from "../support/canary";
import { errorOf, expectEntry } from "../support/catalogue";
import { certificateAuthority } from "../support/certificates";
import type { EngineRun } from "../support/engine";
import { startForwardProxy } from "../support/forwardProxy";

const CREDENTIAL = "glpat-network-canary";
const running: Simulator[] = [];
const gitlab = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const users = [{ username: "platform", token: CREDENTIAL, role: "maintainer" as const }];
  const started = await startSimulator({ users, ...options });
  running.push(started);
  return started;
};
const folder = mkdtempSync(join(tmpdir(), "pulumi-gitlab-agent-network-"));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
afterEach(() => Promise.all(running.splice(0).map((each) => each.close())));
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = (more: Canaries = {}): Canaries => ({
  ...more,
  "the credential": CREDENTIAL,
  ...Object.fromEntries(
    running.flatMap(({ state }) => state.tokens.map((token) => [`agent token ${token.id}`, token.secret])),
  ),
});

const occurrences = (run: EngineRun, text: string): number => run.diagnostics.join("\n").split(text).length - 1;

test("TLS: private CA, expired, wrong host, client certificate, insecure", async () => {
  const ca = await certificateAuthority("Company CA");
  const caCertFile = file("ca.pem", ca.cert);
  const client = await ca.issue({ commonName: "platform" });
  const clientFiles = {
    clientCertFile: file("client.pem", client.cert),
    clientKeyFile: file("client.key", client.key),
  };
  const good = await gitlab({ tls: await ca.issue() });
  const expired = await gitlab({ tls: await ca.issue({ notAfter: new Date(Date.now() - 60_000) }) });
  const elsewhere = await gitlab({ tls: await ca.issue({ hosts: ["gitlab.example.com"] }) });
  const mutual = await gitlab({ tls: { ...(await ca.issue()), ca: ca.cert, requestCert: true } });
  const plain = await gitlab();

  const cases: Record<string, ProviderArgs & { baseUrl: string }> = {
    trusted: { baseUrl: good.url, caCertFile },
    insecure: { baseUrl: expired.url, insecure: true },
    mutual: { baseUrl: mutual.url, caCertFile, ...clientFiles },
    untrusted: { baseUrl: good.url },
    expired: { baseUrl: expired.url, caCertFile },
    elsewhere: { baseUrl: elsewhere.url, caCertFile },
    stranger: { baseUrl: mutual.url, caCertFile },
    "no-tls": { baseUrl: plain.url.replace("http:", "https:"), caCertFile },
  };
  let names = Object.keys(cases);
  const program = () => {
    for (const name of names) {
      const provider = new Provider(name, { token: CREDENTIAL, ...cases[name] });
      new ClusterAgent(name, { project: "group/app" }, { provider });
    }
    return Promise.resolve({});
  };
  const canaries = () => secrets({ "the client's key": client.key });
  await withWatchedStack({ program }, canaries, async (stack) => {
    const first = await stack.up({ expectFailure: true, continueOnError: true });
    for (const name of ["trusted", "insecure", "mutual"]) expect(errorOf(first, name)).toBe("");
    expectEntry("TLS: the certificate is not trusted", errorOf(first, "untrusted"));
    expectEntry("TLS: the certificate has expired", errorOf(first, "expired"));
    expectEntry("TLS: the certificate is for another host", errorOf(first, "elsewhere"));
    expectEntry("TLS: a client certificate is required", errorOf(first, "stranger"));
    expectEntry("TLS: the host does not speak TLS", errorOf(first, "no-tls"));
    expect(good.state.agents.map(({ name }) => name)).toEqual(["trusted"]);
    expect(expired.state.agents.map(({ name }) => name)).toEqual(["insecure"]);
    expect(mutual.state.agents.map(({ name }) => name)).toEqual(["mutual"]);
    expect([...elsewhere.requests, ...plain.requests]).toEqual([]);
    const warning = `warning: TLS certificate checks for ${expired.url} are off (\`insecure\` from argument \`insecure\` of provider "insecure")`;
    expect(occurrences(first, warning)).toBe(1);
    expectEntry("Warning: TLS is not checked", first.diagnostics.find((text) => text.includes(warning)) ?? "");

    // NODE_EXTRA_CA_CERTS is used in addition to caCertFile, as everywhere in Node.
    stack.env["NODE_EXTRA_CA_CERTS"] = caCertFile;
    names = ["insecure", "untrusted"];
    const second = await stack.up();
    expect(second.ops("untrusted")).toEqual(["create"]);
    for (const name of ["trusted", "mutual"]) expect(second.ops(name)).toEqual(["delete"]);
    expect(occurrences(second, warning)).toBe(1);
    // Once for each process, also if it refreshes as well.
    const preview = await stack.preview({ refresh: true });
    expect(preview.changed).toEqual([]);
    expect(occurrences(preview, warning)).toBe(1);
    expect(occurrences(await stack.destroy(), warning)).toBe(1);
    expect([...good.state.agents, ...expired.state.agents, ...mutual.state.agents]).toEqual([]);
  });
});

test("a forward proxy, without and with credentials", async () => {
  const ca = await certificateAuthority("Company CA");
  const secure = await gitlab({ tls: await ca.issue() });
  const plain = await gitlab();
  const near = await gitlab({ host: "localhost" });
  const proxy = await startForwardProxy("platform:proxy-canary-%21");
  const open = await startForwardProxy();
  const caCertFile = file("proxied-ca.pem", ca.cert);
  const program = () => {
    for (const [name, baseUrl] of Object.entries({ secure: secure.url, plain: plain.url, near: near.url })) {
      const provider = new Provider(name, { baseUrl, token: CREDENTIAL, caCertFile, maxRetries: 1 });
      const agent = new ClusterAgent(name, { project: "group/app" }, { provider });
      new AgentToken(`${name}-token`, { project: "group/app", agentId: agent.agentId }, { provider });
    }
    return Promise.resolve({});
  };
  const canaries = () =>
    secrets({ "the proxy's password": "proxy-canary-!", "the proxy's credentials": "platform:proxy-canary" });
  const env = { HTTPS_PROXY: proxy.url, HTTP_PROXY: open.url, NO_PROXY: "localhost", PULUMI_GITLAB_AGENT_DEBUG: "1" };
  try {
    await withWatchedStack({ program, env }, canaries, async (stack) => {
      await stack.up();
      const { host: secureHost } = new URL(secure.url);
      const { host: plainHost } = new URL(plain.url);
      expect(proxy.requests).toEqual([{ host: secureHost, tunnel: true, admitted: true }]);
      expect(open.requests).toEqual(Array(2).fill({ host: plainHost, tunnel: false, admitted: true }));
      for (const each of [secure, plain, near]) expect(each.state.tokens).toHaveLength(1);

      stack.env["HTTPS_PROXY"] = proxy.url.replace("proxy-canary", "wrong-proxy-canary");
      stack.env["HTTP_PROXY"] = "http://platform:proxy-canary@127.0.0.1:9";
      const refused = await stack.refresh({ expectFailure: true });
      expectEntry("The proxy refuses the connection", errorOf(refused, "secure"));
      expect(errorOf(refused, "secure")).toContain(`the proxy http://127.0.0.1:${proxy.port} refused`);
      expectEntry("The proxy cannot be reached", errorOf(refused, "plain"));
      expect(errorOf(refused, "near")).toBe("");

      stack.env["HTTPS_PROXY"] = stack.env["HTTP_PROXY"] = open.url;
      await stack.destroy();
      expect(open.requests.filter(({ tunnel }) => tunnel)).toEqual([
        { host: secureHost, tunnel: true, admitted: true },
      ]);
      for (const each of [secure, plain, near]) expect(each.state.agents).toEqual([]);
    });
  } finally {
    proxy.close();
    open.close();
  }
});

test("redirects: followed within GitLab for reads, refused elsewhere; the credential is never sent to another host", async () => {
  // The project of each resource.
  const paths = { redirected: "group/app", object: "group/object", renamed: "group/renamed" };
  const ours = await gitlab({ projects: Object.values(paths).map((path) => ({ path })) });
  const theirs = await gitlab({ host: "127.0.0.2" });
  const program = () => {
    for (const [name, project] of Object.entries(paths)) new ClusterAgent(name, { project });
    return Promise.resolve({});
  };
  const config = { "gitlab:baseUrl": ours.url, "gitlab:token": { value: CREDENTIAL, secret: true } };
  const away = (method: string, status: number, path: string) =>
    ours.faults.add({
      kind: "redirect",
      method,
      status,
      path,
      location: `${theirs.url}/api/v4/user?private_token=${CREDENTIAL}`,
    });
  await withWatchedStack({ program, config }, secrets, async (stack) => {
    const agents = (name: keyof typeof paths) => `/projects/${encodeURIComponent(paths[name])}/cluster_agents`;
    away("POST", 307, agents("redirected"));
    const create = await stack.up({ expectFailure: true, continueOnError: true });
    const where = `it redirects to ${theirs.url}/api/v4/user, which is not the configured host; nothing was sent there`;
    const told = (request: string, status: number) => `${request} on ${ours.url} answered ${status}: ${where}. `;
    expect(errorOf(create, "redirected")).toContain(told(`POST /api/v4${agents("redirected")}`, 307));
    expectEntry("GitLab redirects to another host", errorOf(create, "redirected"));

    ours.state.renameProject("group/renamed", "group/another");
    const { id } = ours.state.agent("object");
    away("GET", 302, `${agents("object")}/${id}`);
    const before = ours.requests.length;
    const read = await stack.refresh({ expectFailure: true });
    expect(errorOf(read, "object")).toContain(told(`GET /api/v4${agents("object")}/${id}`, 302));
    expect(read.ops("renamed")).toEqual(["same"]);
    const reads = ours.requests.slice(before).filter(({ path }) => !path.includes("group%2Fobject"));
    expect(reads.map(({ status }) => status)).toEqual([301, 200]);
    expect(reads.every(({ user }) => user === "platform")).toBe(true);

    away("DELETE", 308, `${agents("object")}/${id}`);
    const remove = await stack.destroy({ expectFailure: true, continueOnError: true });
    expect(errorOf(remove, "object")).toContain(told(`DELETE /api/v4${agents("object")}/${id}`, 308));
    expect(theirs.connections.total).toBe(0);
    expect(ours.state.agents.map(({ name }) => name)).toEqual(["object"]);
    await stack.destroy();
    expect(ours.state.agents).toEqual([]);
  });
});
