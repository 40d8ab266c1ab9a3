import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";

import { SimulatorState } from "../../simulator/state";
import { certificateAuthority } from "../support/certificates";

// As users run it; set-up has built it.
const CLI = resolve(__dirname, "../../dist/simulator/cli.js");

interface Announced {
  url: string;
  tokens: Record<"maintainer" | "developer" | "guest", string>;
  projects: { id: number; path: string }[];
}

interface Running extends Announced {
  process: ChildProcess;
  errors: Interface;
}

describe("the command", () => {
  const processes: ChildProcess[] = [];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "simulator-command-"));
  });
  afterEach(() => {
    for (const one of processes.splice(0)) one.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const launch = (...flags: string[]): ChildProcess => {
    const child = spawn(process.execPath, [CLI, ...flags]);
    processes.push(child);
    return child;
  };
  const start = async (...flags: string[]): Promise<Running> => {
    const child = launch(...flags);
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    return { ...(JSON.parse(line) as Announced), process: child, errors: createInterface(child.stderr!) };
  };
  const get = async (running: Running, path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${running.url}/api/v4${path}`, {
      headers: { "PRIVATE-TOKEN": running.tokens.maintainer },
    });
    return { status: response.status, body: await response.text() };
  };
  const failure = async (...flags: string[]): Promise<[number | null, string]> => {
    const child = launch(...flags);
    let text = "";
    child.stderr!.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return [code, text];
  };

  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints its address on one line, serves, and exits with 0 on %s",
    async (signal) => {
      const running = await start("--port", "0");
      expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(Object.keys(running.tokens)).toEqual(["maintainer", "developer", "guest"]);
      expect(running.projects.length).toBeGreaterThanOrEqual(2);
      expect((await get(running, `/projects/${running.projects[0]!.id}/cluster_agents`)).status).toBe(200);
      expect((await get(running, "/projects/101/cluster_agents/1/url_configurations")).body).toContain("404 Not found");
      running.process.kill(signal);
      expect(await once(running.process, "close")).toEqual([0, null]);
    },
  );

  it("ends when npm, which started it, is stopped", async () => {
    const npm = spawn("npm", ["run", "--silent", "simulator", "--", "--port", "0"], {
      cwd: resolve(__dirname, "../.."),
    });
    processes.push(npm);
    const [line] = (await once(createInterface(npm.stdout), "line")) as [string];
    npm.kill("SIGTERM");
    await once(npm, "close");
    await expect(fetch((JSON.parse(line) as Announced).url)).rejects.toThrow();
  });

  it("has no receptive agents with --no-receptive", async () => {
    const running = await start("--no-receptive", "--base-path", "/gitlab");
    expect(running.url).toMatch(/\/gitlab$/);
    expect((await get(running, "/projects/101/cluster_agents/1/url_configurations")).body).toContain("404 Not Found");
  });

  it("limits the request rate with --rate-limit", async () => {
    const running = await start("--rate-limit", "1/3600", "--latency", "1");
    await get(running, "/user");
    expect(await get(running, "/user")).toEqual({ status: 429, body: "Retry later" });
  });

  it("reads faults from a file, and again when the file changes", async () => {
    const file = join(folder, "faults.json");
    writeFileSync(file, '[{"kind":"status","path":"/user","times":"always"}]');
    const running = await start("--faults", file);
    expect((await get(running, "/user")).status).toBe(503);
    const replaced = once(running.errors, "line");
    writeFileSync(file, '{"kind":"status","status":500,"times":"always"}');
    expect(String(await replaced)).toMatch(/fault rules replaced, now 1$/);
    expect((await get(running, "/user")).status).toBe(500);
    const kept = once(running.errors, "line");
    writeFileSync(file, '{"kind":"none"}');
    expect(String(await kept)).toMatch(/the rules did not change: Fault rule 1: there is no kind "none"/);
    expect((await get(running, "/user")).status).toBe(500);
  });

  it("serves HTTPS", async () => {
    const ca = await certificateAuthority();
    const server = await ca.issue();
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    writeFileSync(key, server.key);
    writeFileSync(cert, server.cert);
    const running = await start("--tls-key", key, "--tls-cert", cert);
    expect(running.url).toMatch(/^https:/);
    const clientRequest = request(`${running.url}/api/v4/user`, { ca: ca.cert, agent: false }).end();
    const [response] = (await once(clientRequest, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(401);
  });

  it("accepts projects and credentials as flags, which are the same after a restart", async () => {
    const flags = ["--project", "platform/clusters", "--project", "42:group/app"];
    const credentials = ["--token", "maintainer=by-hand", "--token", "owner=of-the-owner"];
    for (const _ of ["first", "second"]) {
      const running = await start(...flags, ...credentials);
      expect(running.projects).toEqual([
        { id: 101, path: "platform/clusters" },
        { id: 42, path: "group/app" },
      ]);
      expect(running.tokens).toMatchObject({ maintainer: "by-hand", owner: "of-the-owner", guest: expect.any(String) });
      expect((await get(running, "/projects/42/cluster_agents")).status).toBe(200);
      const owner = { headers: { "PRIVATE-TOKEN": "of-the-owner" } };
      expect((await fetch(`${running.url}/api/v4/projects/101`, owner)).status).toBe(200);
    }
  });

  it("names every option, control address and verb in its help", async () => {
    const child = launch("--help");
    let help = "";
    child.stdout!.on("data", (chunk: Buffer) => (help += chunk.toString()));
    expect(await once(child, "close")).toEqual([0, null]);
    const verbs = Object.getOwnPropertyNames(SimulatorState.prototype).filter((name) =>
      /^(create|delete|rename|revoke|mark|set|rotate|expire)[A-Z]/.test(name),
    );
    expect(verbs.length).toBeGreaterThan(11);
    const source = readFileSync(resolve(__dirname, "../../simulator/control.ts"), "utf8");
    const addresses = [...source.matchAll(/\* \| `[A-Z]+ (\/_simulator\/\w+)` \|/g)].map(([, address]) => address!);
    for (const word of ["--project", "--token", '"always"', "changeSettings", ...verbs, ...addresses]) {
      expect(help).toContain(word);
    }
  });

  it.each<[string[], RegExp]>([
    [["--port", "x"], /'--port <port>' argument 'x' is invalid\. It has to be a whole number/],
    [["--rate-limit", "600"], /It has to look like 600\/60/],
    [["--certificates", "der"], /Allowed choices are pem, base64, either/],
    [["--tls-key", "key.pem"], /--tls-key and --tls-cert have to be given together/],
    [["--base-path", "x"], /has to look like \/gitlab/],
    [["--project", "app"], /It has to look like group\/app, or 42:group\/app/],
    [["--project", "group/app", "--project", "Group/App"], /The project group\/app was already given/],
    [["--token", "secret"], /It has to look like maintainer=a-credential, with one of guest, /],
    [["--nonsense"], /unknown option '--nonsense'/],
  ])("calls %j a usage error, in one line", async (flags, message) => {
    const [code, text] = await failure(...flags);
    expect(code).toBe(1);
    expect(text).toMatch(/^usage error: /);
    expect(text).toMatch(message);
    expect(text.trim().split("\n")).toHaveLength(1);
  });

  it.each<[string[], RegExp]>([
    [["--faults", "/nowhere/faults.json"], /--faults \/nowhere\/faults\.json: there is no such file\.$/m],
    [["--faults", tmpdir()], /--faults .*: it is a folder, not a file\.$/m],
    [["--faults", __filename], /--faults .*command\.test\.ts: this is not JSON: /],
    [["--tls-key", "/nowhere/key.pem", "--tls-cert", "x"], /--tls-key \/nowhere\/key\.pem: there is no such file\.$/m],
    [["--host", "192.0.2.1"], /EADDRNOTAVAIL/],
  ])("fails with %j %j in one line", async (flags, message) => {
    const [code, text] = await failure(...flags);
    expect(code).toBe(1);
    expect(text).toMatch(/^error: /);
    expect(text).toMatch(message);
    expect(text.trim().split("\n")).toHaveLength(1);
  });
});
