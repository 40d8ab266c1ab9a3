import { inspect } from "node:util";
import { GitLabError, type Operation } from "../../provider/gitlab";
import { FAULT_KINDS, startSimulator, type FaultRule, type Simulator } from "../../simulator";
import { certificateAuthority, type KeyedCertificate } from "../support/certificates";
import { clientOf, SkippingClock } from "./client";

const TOKEN = "glpat-canary/credential+1=x";
const HEADER = "canary-header-value-1";
const BASIC = Buffer.from("gateway:canary-basic-password").toString("base64");
/** Responds with what it received, as a GitLab or a proxy in front of it may. */
const ECHO = `you sent ${TOKEN}, ${encodeURIComponent(TOKEN)}, ${Buffer.from(TOKEN).toString("base64")}, ${HEADER}, Basic ${BASIC}`;

describe("no secret leaves the client", () => {
  let simulator: Simulator;
  let clock: SkippingClock;
  let pair: KeyedCertificate;
  const secrets: string[] = [];

  beforeAll(async () => {
    pair = await (await certificateAuthority()).issue();
  });
  beforeEach(async () => {
    const users = [{ username: "maintainer", token: TOKEN, role: "maintainer" } as const];
    simulator = await startSimulator({ users, tokenPrefix: "canary-agent-token-" });
    clock = new SkippingClock();
    const keyLines = pair.key.split("\n").filter((line) => line.length >= 16 && !line.startsWith("-----"));
    secrets.splice(
      0,
      Infinity,
      "canary",
      TOKEN,
      encodeURIComponent(TOKEN),
      Buffer.from(TOKEN).toString("base64"),
      BASIC,
      ...keyLines,
    );
  });
  afterEach(() => simulator.close());

  const operation = (): Operation =>
    clientOf(simulator, clock, {
      token: TOKEN,
      headers: JSON.stringify({ "X-Gateway": HEADER, Authorization: `Basic ${BASIC}` }),
      requestTimeout: "0.05",
      maxRetries: "1",
      debug: "true",
    }).begin("try everything");

  /** Calls every endpoint; the errors are checked for secrets. */
  async function everything(whole: Operation): Promise<unknown[]> {
    const { agents, tokens, urlConfigurations, projects } = whole;
    const agent = simulator.state.createAgent("group/app", `agent-${simulator.requests.length}`).id;
    const configuration = {
      url: "grpc://a:1",
      client_cert: pair.cert,
      client_key: pair.key,
      ca_cert: "canary-not-pem",
    };
    const outcomes: unknown[] = [];
    for (const run of [
      () => agents.create(101, "one"),
      () => agents.list(101),
      () => agents.get(101, agent),
      () => Promise.all([agents.read(101, agent), agents.read(101, 999)]),
      () => tokens.create(101, agent, { name: "blue" }),
      () => tokens.create(101, agent, { name: "green" }),
      () => tokens.create(101, agent, { name: "one too many" }),
      () => tokens.list(101, agent),
      () => tokens.get(101, agent, 999),
      () => tokens.revoke(101, agent, 999),
      () => urlConfigurations.create(101, agent, configuration),
      () => urlConfigurations.create(101, agent, { ...configuration, ca_cert: undefined }),
      () => urlConfigurations.list(101, agent),
      () => projects.get("nobody/knows"),
      () => whole.user(),
      () => whole.metadata(),
      () => agents.delete(101, agent),
    ]) {
      await run().catch((error: unknown) => outcomes.push(error));
    }
    return outcomes;
  }

  function expectClean(errors: unknown[]): void {
    for (const error of errors) {
      expect(error).toBeInstanceOf(GitLabError);
      const { message, stack, cause } = error as GitLabError;
      expect(cause).toBeUndefined();
      const shown = [message, stack ?? "", inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)].join(
        "\n",
      );
      expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    }
    const output = [...clock.infos, ...clock.warnings].join("\n");
    expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
  }

  it("without faults, also with debugging", async () => {
    const errors = await everything(operation());
    expectClean(errors);
    expect(clock.infos.length).toBeGreaterThan(simulator.requests.length);
    expect(clock.infos[0]).toMatch(/^gitlab debug: settings: .*token \[secret\].*headers X-Gateway: \[secret\]/);
  });

  const rules: FaultRule[] = [
    ...FAULT_KINDS.map((kind): FaultRule => ({
      kind,
      delay: 100,
      location: `http://canary:canary@127.0.0.2:1/x?t=${encodeURIComponent(TOKEN)}`,
    })),
    { kind: "redirect", location: `/api/v4/${encodeURIComponent(TOKEN)}` },
    ...[400, 401, 403, 404, 405, 409, 418, 429, 500, 503].flatMap((status): FaultRule[] => [
      { kind: "status", status, body: { message: ECHO } },
      { kind: "status", status, body: ECHO },
      { kind: "status", status, body: { message: { base: [ECHO] } }, headers: { "X-Request-Id": TOKEN } },
    ]),
  ];
  it.each(rules.map((rule): [string, FaultRule] => [`${rule.kind} ${rule.status ?? ""} ${typeof rule.body}`, rule]))(
    "after %s",
    async (_, rule) => {
      simulator.faults.add({ ...rule, times: Infinity });
      const errors = await everything(operation());
      expect(errors.length).toBeGreaterThan(0);
      expectClean(errors);
    },
  );
});

describe("debug output", () => {
  it("shows each try on one line, with the rate-limit headers", async () => {
    const simulator = await startSimulator();
    try {
      const clock = new SkippingClock();
      simulator.faults.add({ kind: "rateLimit", retryAfter: 3 });
      simulator.faults.add({ kind: "dropBefore" });
      await clientOf(simulator, clock, { debug: "true" }).begin("look").projects.get("group/app");
      const lines = clock.infos.slice(1);
      expect(lines[0]).toMatch(
        /^gitlab debug: GET \/api\/v4\/projects\/group%2Fapp 429 in \d+ ms \(try 1, .*ratelimit-limit \d+.*retry-after 3\)$/,
      );
      expect(lines[1]).toMatch(
        /^gitlab debug: GET \/api\/v4\/projects\/group%2Fapp the connection was cut: ECONNRESET in \d+ ms \(try 2\)$/,
      );
      expect(lines[2]).toMatch(
        /^gitlab debug: GET \/api\/v4\/projects\/group%2Fapp 200 in \d+ ms \(try 3, request id \w+\)$/,
      );
      expect(lines).toHaveLength(3);
    } finally {
      await simulator.close();
    }
  });

  it("is silent otherwise", async () => {
    const simulator = await startSimulator();
    try {
      const clock = new SkippingClock();
      await clientOf(simulator, clock).begin("look").user();
      expect([...clock.infos, ...clock.warnings]).toEqual([]);
    } finally {
      await simulator.close();
    }
  });
});
