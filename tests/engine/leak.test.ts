import { inspect } from "node:util";
import { all, secret, unsecret } from "@pulumi/pulumi";
import { startSimulator, type FaultRule, type Simulator } from "pulumi-gitlab-agent/simulator";
import { GitLabError, openGitLab, resolveSettings } from "../../provider/gitlab";
import { describeOnce } from "../support/bothDoors";
import { LeakError, leaks, withWatchedStack, type Canaries } from "../support/canary";
import { AgentToken, ClusterAgent, Provider, ReceptiveUrlConfig } from "../support/declared";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { startForwardProxy, type ForwardProxy } from "../support/forwardProxy";

const CREDENTIAL = "canary/credential+1=x";
const HEADER = "canary-header-value";
const BASIC = Buffer.from("gateway:canary-basic-password").toString("base64");
/** Responds with what it received, as a GitLab or a proxy in front of it may. */
const ECHO = `you sent ${CREDENTIAL}, ${encodeURIComponent(CREDENTIAL)}, ${Buffer.from(CREDENTIAL).toString("base64")}, ${HEADER} and Basic ${BASIC}`;

let gitlab: Simulator;
let proxy: ForwardProxy;
let pair: KeyedCertificate;
let other: KeyedCertificate;
beforeAll(async () => {
  const ca = await certificateAuthority();
  [pair, other] = [await ca.issue(), await ca.issue()];
  proxy = await startForwardProxy("platform:canary-proxy-password");
  gitlab = await startSimulator({
    users: [{ username: "platform", token: CREDENTIAL, role: "maintainer" }],
    tokenPrefix: "canary-agent-token-",
  });
});
afterAll(async () => {
  proxy.close();
  await gitlab.close();
});
beforeEach(() => gitlab.reset());

const canaries = (): Canaries => ({
  "the credential": CREDENTIAL,
  "a header": HEADER,
  "a header's Basic credential": BASIC,
  "a header's password": "canary-basic-password",
  "the proxy's password": "canary-proxy-password",
  "the client's key": pair.key,
  "another client's key": other.key,
  ...Object.fromEntries(gitlab.state.tokens.map((token) => [`agent token ${token.id}`, token.secret])),
});

test("no secret leaks in successes and failures, also with debugging", async () => {
  let [keys, month] = [pair, 1];
  const project = "group/app";
  const program = () => {
    const agent = new ClusterAgent("agent", { project });
    const token = new AgentToken("token", { project, agentId: agent.agentId, rotationTriggers: { month } });
    const second = new ClusterAgent("second", { project });
    const spare = new AgentToken("spare", { project, agentId: second.agentId });
    const [url, clientCert, clientKey] = ["grpcs://agent.example.com:443", pair.cert, keys.key];
    const configuration = new ReceptiveUrlConfig("configuration", {
      project,
      agentId: agent.agentId,
      url,
      clientCert,
      clientKey,
    });
    return Promise.resolve({ token: token.token, spare: spare.token, key: configuration.clientKey });
  };
  const config = {
    "gitlab:baseUrl": gitlab.url,
    "gitlab:token": { value: CREDENTIAL, secret: true },
    "gitlab:headers": { value: JSON.stringify({ "X-Gateway": HEADER, Authorization: `Basic ${BASIC}` }), secret: true },
    "gitlab:maxRetries": "1",
  };
  const env = { PULUMI_GITLAB_AGENT_DEBUG: "1", HTTP_PROXY: proxy.url };
  const meet = (rule: FaultRule) => gitlab.faults.add(rule);
  await withWatchedStack({ program, config, env }, canaries, async (stack) => {
    const diff = { diff: true };
    await stack.preview(diff);
    // The objects are created again after lost and broken responses, whose bodies contain tokens.
    meet({ kind: "unparsable", method: "POST", path: "/projects/*/cluster_agents/*/tokens" });
    meet({ kind: "commitThenDrop", method: "POST", path: "/projects/*/cluster_agents/*/url_configurations" });
    const up = await stack.up(diff);
    expect(up.outputs["token"]).toMatchObject({ secret: true });
    expect(up.outputs["key"]).toMatchObject({ secret: true });
    for (const word of ["export", "output"]) {
      const { code, output } = await stack.cli(["stack", word]);
      expect(code).toBe(0);
      expect(leaks(output, canaries())).toEqual([]);
    }

    month = 2;
    meet({ kind: "cutBody", method: "POST", path: "/projects/*/cluster_agents/*/tokens" });
    await stack.up(diff);
    // The response repeats the request in its body, in a header and in an address.
    meet({ kind: "status", status: 500, body: { message: ECHO }, headers: { "X-Request-Id": CREDENTIAL } });
    meet({ kind: "status", status: 403, body: ECHO });
    meet({ kind: "status", status: 401, body: { error: ECHO } });
    meet({
      kind: "redirect",
      location: `http://x:${encodeURIComponent(CREDENTIAL)}@127.0.0.2:9/${encodeURIComponent(CREDENTIAL)}?t=${HEADER}`,
    });
    meet({ kind: "html", body: `<html><title>${ECHO}</title></html>` });
    const refused = await stack.refresh({ expectFailure: true });
    expect(refused.output).toContain("you sent [secret], [secret], [secret], [secret] and [secret]");
    gitlab.faults.clear();

    // A check that fails for a secret, a creation that fails with a secret in its request, and one whose response has a secret.
    keys = other;
    const mismatch = await stack.up({ expectFailure: true, ...diff });
    expect(mismatch.output).toContain("`clientKey` does not belong to the first certificate");
    keys = pair;
    month = 3;
    meet({ kind: "status", method: "POST", status: 400, body: { message: `400 Bad request - ["${ECHO}"]` } });
    const refusal = await stack.up({ expectFailure: true, ...diff });
    expect(refusal.output).toContain("and [secret]");
    gitlab.state.rotateCredential("platform", "canary-rotated-credential");
    await stack.destroy({ expectFailure: true });
    gitlab.state.rotateCredential("platform", CREDENTIAL);
    stack.env["HTTP_PROXY"] = proxy.url.replace("canary-proxy", "canary-wrong");
    await stack.destroy({ expectFailure: true });
    stack.env["HTTP_PROXY"] = proxy.url;
    await stack.destroy(diff);
    expect(gitlab.state.agents).toEqual([]);
    expect(proxy.requests.length).toBeGreaterThan(5);
  });
});

test("no secret leaks from resources that a program prints", async () => {
  const shown: string[] = [];
  const program = () => {
    const provider = new Provider("explicit", {
      baseUrl: gitlab.url,
      token: CREDENTIAL,
      headers: { "X-Gateway": HEADER },
    });
    const project = "group/app";
    const agent = new ClusterAgent("agent", { project }, { provider });
    const { agentId } = agent;
    const token = new AgentToken("token", { project, agentId }, { provider });
    const [url, clientCert, clientKey] = ["grpcs://agent.example.com:443", pair.cert, pair.key];
    const configuration = new ReceptiveUrlConfig("it", { project, agentId, url, clientCert, clientKey }, { provider });
    const print = () =>
      [provider, agent, token, configuration].forEach((each) => shown.push(inspect(each, { depth: 5 })));
    print();
    return Promise.resolve({ done: all([token.id, configuration.id]).apply(print) });
  };
  await withWatchedStack({ program }, canaries, (stack) => stack.up());
  expect(shown).toHaveLength(8);
  expect(gitlab.state.tokens).toHaveLength(1);
  expect(shown.flatMap((text) => leaks(text, canaries()))).toEqual([]);
});

test("no secret leaks from printed objects of the client", async () => {
  const values: Record<string, string> = {
    baseUrl: gitlab.url,
    token: CREDENTIAL,
    headers: JSON.stringify({ "X-Gateway": HEADER, Authorization: `Basic ${BASIC}` }),
    maxRetries: "0",
  };
  const settings = resolveSettings({ lookup: (name) => values[name], describe: () => "a test", env: {} });
  const client = openGitLab(settings, { sleep: () => Promise.resolve(), info: () => undefined });
  const operation = client.begin("look around");
  const failures: unknown[] = [];
  for (const kind of ["status", "dropBefore", "html", "cutBody", "redirect", "rateLimit"] as const) {
    const status = kind === "status" ? { status: 403, body: ECHO } : {};
    gitlab.faults.add({ kind, method: "GET", location: `http://127.0.0.2:9/?t=${CREDENTIAL}`, ...status });
    await operation.projects.get("group/app").catch((error: unknown) => failures.push(error));
    gitlab.faults.clear();
  }
  expect(failures).toHaveLength(6);
  for (const each of [settings, client, operation]) expect(leaks(inspect(each, { depth: 8 }), canaries())).toEqual([]);
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(GitLabError);
    const { message, stack = "", cause } = failure as GitLabError;
    const deep = [failure, cause].map((each) => inspect(each, { depth: 10, showHidden: true, getters: true }));
    expect(leaks([...deep, message, stack].join("\n"), canaries())).toEqual([]);
  }
});

// Of the tests' own check, which is the same for both doors: tests/plugin/tables.test.ts declares this file's tests a second time.
describeOnce("the check for secrets", () => {
  test("finds a secret in every encoding, and by any line of a key", () => {
    const all: Canaries = { credential: CREDENTIAL, key: pair.key };
    const line = pair.key.split("\n")[1] ?? "";
    for (const text of [CREDENTIAL, encodeURIComponent(CREDENTIAL)])
      expect(leaks(`x${text}y`, all)).toEqual(["credential"]);
    for (const before of ["", "a", "ab", "abc"]) {
      const encoded = Buffer.from(`${before}${CREDENTIAL} and more`).toString("base64");
      expect(leaks(encoded, all)).toEqual(["credential"]);
    }
    expect(leaks(JSON.stringify({ key: pair.key }), all)).toEqual(["key"]);
    expect(leaks(`… ${line} …`, all)).toEqual(["key"]);
    expect(leaks(pair.cert, all)).toEqual([]);
  });

  test("finds a program that prints its secret", async () => {
    const printing = () => Promise.resolve({ told: unsecret(secret(CREDENTIAL)) });
    const run = withWatchedStack({ program: printing }, canaries, (stack) => stack.up());
    await expect(run).rejects.toThrow(LeakError);
    await expect(run).rejects.toThrow(/the credential stands in /);
    await expect(run).rejects.not.toThrow(CREDENTIAL);
  });
});
