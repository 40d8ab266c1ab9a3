import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";

import { certificateAuthority } from "../support/certificates";

// As users run it: set-up has built it.
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
    const answer = await fetch(`${running.url}/api/v4${path}`, {
      headers: { "PRIVATE-TOKEN": running.tokens.maintainer },
    });
    return { status: answer.status, body: await answer.text() };
  };
  const failure = async (...flags: string[]): Promise<[number | null, string]> => {
    const child = launch(...flags);
    let text = "";
    child.stderr!.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return [code, text];
  };

  it.each(["SIGINT", "SIGTERM"] as const)(
    "says where it is in one line, serves, and ends well by %s",
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

  it("leaves nothing behind when npm, which started it, is stopped", async () => {
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

  it("throttles with --rate-limit", async () => {
    const running = await start("--rate-limit", "1/3600", "--latency", "1");
    await get(running, "/user");
    expect(await get(running, "/user")).toEqual({ status: 429, body: "Retry later" });
  });

  it("takes faults from a file, and again when it changes", async () => {
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
    expect(String(await kept)).toMatch(/the rules stay as they were: Fault rule 1: there is no kind "none"/);
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
    const asked = request(`${running.url}/api/v4/user`, { ca: ca.cert, agent: false }).end();
    const [answer] = (await once(asked, "response")) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(401);
  });

  it.each<[string[], RegExp]>([
    [["--port", "x"], /'--port <port>' argument 'x' is invalid\. It has to be a whole number/],
    [["--rate-limit", "600"], /It has to look like 600\/60/],
    [["--certificates", "der"], /Allowed choices are pem, base64, either/],
    [["--tls-key", "key.pem"], /--tls-key and --tls-cert belong together/],
    [["--base-path", "x"], /has to look like \/gitlab/],
    [["--faults", "/nowhere/faults.json"], /--faults \/nowhere\/faults\.json: ENOENT/],
    [["--nonsense"], /unknown option '--nonsense'/],
  ])("refuses %j in one line", async (flags, message) => {
    const [code, text] = await failure(...flags);
    expect(code).toBe(1);
    expect(text).toMatch(message);
    expect(text.trim().split("\n")).toHaveLength(1);
  });
});
