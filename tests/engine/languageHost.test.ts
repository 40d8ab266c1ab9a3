import { credentials, type ServiceError } from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  GetRequiredPackagesRequest,
  ProgramInfo,
  type GetRequiredPackagesResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { withProject, type Project, type ProjectOptions } from "../support/project";

// Whole projects, run by the CLI of set-up: with our language host (scripts/languageHost) if set-up built the CLI, otherwise with
// the official one. Both must pass.
const files = {
  "package.json": JSON.stringify({ name: "whole", main: "index.ts", devDependencies: { "ts-node": "^10.9.2" } }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "node16",
      moduleResolution: "node16",
      target: "es2022",
      strict: true,
      skipLibCheck: true,
    },
  }),
  "Pulumi.yaml": "name: whole\nruntime: nodejs\n",
};

const program = (body: string) => `import * as pulumi from "@pulumi/pulumi";\n${body}\n`;
const plain = (body: string, options: ProjectOptions = {}): ProjectOptions => ({
  ...options,
  files: {
    "Pulumi.yaml": "name: whole\nruntime: nodejs\n",
    "package.json": JSON.stringify({ name: "whole", main: "index.js" }),
    "index.js": `const pulumi = require("@pulumi/pulumi");\n${body}\n`,
    ...options.files,
  },
});

describe("a whole project", () => {
  test("in TypeScript, in the folder that `main` names, is previewed, created, unchanged, and destroyed; it gets configuration and secrets, and can distinguish a preview from an update", async () => {
    const body = `
      console.log("is a preview:", pulumi.runtime.isDryRun());
      const config = new pulumi.Config();
      new pulumi.ComponentResource("test:index:Thing", "thing");
      export const word = config.require("word");
      export const other = new pulumi.Config("gitlab").require("baseUrl");
      export const key = config.requireSecret("key");
      export const isSecret = pulumi.isSecret(config.requireSecret("key"));
      export const where = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack(), pulumi.getRootDirectory()];
      export const cwd = process.cwd();`;
    const config = {
      word: "two words",
      key: { secret: "s3cret-canary" },
      "gitlab:baseUrl": "https://gitlab.example.com",
    };
    const inside = {
      "Pulumi.yaml": `${files["Pulumi.yaml"]}main: infra\n`,
      "infra/index.ts": program(body),
      "infra/package.json": files["package.json"],
      "infra/tsconfig.json": files["tsconfig.json"],
    };
    await withProject({ files: inside, config, name: "prod" }, async (project) => {
      const up = await project.pulumi(["up", "--yes", "--parallel", "3"]);
      expect(up.output).toMatch(/Previewing update[^]*is a preview: true[^]*Updating[^]*is a preview: false/);
      expect(up.output).not.toMatch(/Updating[^]*is a preview: true/);
      expect(up.output).toContain("test:index:Thing");
      expect(up.output).toContain("[secret]");
      expect(up.output).not.toContain("s3cret-canary");
      expect(await project.outputs()).toEqual({
        word: "two words",
        other: "https://gitlab.example.com",
        key: "s3cret-canary",
        isSecret: true,
        where: ["organization", "whole", "prod", project.folder],
        cwd: path.join(project.folder, "infra"),
      });
      expect(project.stateFiles().join("\n")).not.toContain("s3cret-canary");
      await project.expectNoChanges();
      expect((await project.pulumi(["destroy", "--yes", "--skip-preview"])).output).toMatch(/2 deleted/);
    });
  });

  test("without `main` runs in its own folder, and gets its runtime options: nodeargs, and plain JavaScript", async () => {
    const options =
      "name: whole\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n    nodeargs: --stack-trace-limit=7 --title='two words'\n";
    const json = JSON.stringify({ name: "whole", main: "index.js" });
    const js = `module.exports = {
      args: process.execArgv.filter((a) => a.startsWith("--")),
      ts: process.env.PULUMI_NODEJS_TYPESCRIPT ?? "",
      where: [process.cwd(), require("@pulumi/pulumi").getRootDirectory()],
    };`;
    await withProject({ files: { "Pulumi.yaml": options, "package.json": json, "index.js": js } }, async (project) => {
      await project.pulumi(["up", "--yes", "--skip-preview"]);
      expect(await project.outputs()).toEqual({
        args: ["--stack-trace-limit=7", "--title=two words"],
        ts: "",
        where: [project.folder, project.folder],
      });
    });
  });
});

describe("a program that fails", () => {
  test("has its error reported, and no exit code after it", async () => {
    await withProject(plain(`throw new pulumi.RunError("these very words");`), async (project) => {
      const { code, output } = await project.tryPulumi(["preview"]);
      expect(code).not.toBe(0);
      expect(output).toContain("these very words");
      expect(output).not.toContain("exit code");
    });
  });

  test("with an exit code has the code reported, after its own output", async () => {
    await withProject(plain(`process.stderr.write("last words\\n", () => process.exit(7));`), async (project) => {
      const { code, output } = await project.tryPulumi(["preview"]);
      expect(code).not.toBe(0);
      expect(output).toContain("last words");
      expect(output).toContain("Program exited with non-zero exit code: 7");
    });
  });

  test("that does not compile has the place reported", async () => {
    // Without an import, since the compiler takes seconds for the SDK's types.
    const wrong = {
      ...files,
      "index.ts": `export const n: number = "text";\n`,
      "tsconfig.json": JSON.stringify({
        compilerOptions: { strict: true, skipLibCheck: true, lib: ["es2022"], types: [] },
      }),
    };
    await withProject({ files: wrong, env: { PULUMI_NODEJS_TRANSPILE_ONLY: "false" } }, async (project) => {
      const { code, output } = await project.tryPulumi(["preview"]);
      expect(code).not.toBe(0);
      expect(output).toMatch(/index\.ts[^]*Type 'string' is not assignable to type 'number'/);
    });
  });

  test("without the SDK is told to install it", async () => {
    // Uses an SDK name that cannot be resolved, so that a node_modules in a parent folder does not hide the error.
    const env = { PULUMI_LANGUAGE_NODEJS_RUN_PATH: "@pulumi/absent/cmd/run" };
    await withProject(plain("", { env }), async (project) => {
      const { code, output } = await project.tryPulumi(["preview"]);
      expect(code).not.toBe(0);
      expect(output).toContain("It looks like the Pulumi SDK has not been installed");
    });
  });
});

test("Ctrl-C reaches the program, and no process is left", async () => {
  const body = `
    process.on("SIGINT", () => {
      require("node:fs").writeFileSync("interrupted", "");
      process.exit(1);
    });
    setInterval(() => undefined, 1000);
    console.log("it runs");`;
  await withProject(plain(body), async (project) => {
    const stop = new AbortController();
    const { code, leftBehind } = await project.tryPulumi(["up", "--yes", "--skip-preview"], {
      limit: 60,
      signal: stop.signal,
      onOutput: (text) => text.includes("it runs") && stop.abort(),
    });
    expect(code).not.toBe(0);
    expect(leftBehind).toEqual([]);
    expect(existsSync(path.join(project.folder, "interrupted"))).toBe(true);
  });
});

describe("other requests of the engine", () => {
  test("pulumi about: the runtime, the package manager and the dependencies", async () => {
    const dependencies = { "@pulumi/pulumi": "*", "ts-node": "*" };
    const json = JSON.stringify({ name: "whole", main: "index.js", dependencies });
    await withProject(plain("", { files: { "package.json": json } }), async (project) => {
      const about = await project.pulumi(["about", "--json"]);
      const report = JSON.parse(about.stdout);
      expect(report.runtime.language).toBe("nodejs");
      expect(about.stdout).toMatch(/"version": "v\d+\.\d+\.\d+"/);
      expect(about.stdout).toContain("npm");
      const names = (report.dependencies as { name: string; version: string }[]).map((one) => one.name);
      expect(names).toEqual(["@pulumi/pulumi", "ts-node"]);
    });
  });

  test("the packages under node_modules that have a plugin, with the name and version that they declare", async () => {
    const json = (name: string, pulumi: object) => JSON.stringify({ name, version: "1.2.3", pulumi });
    const packages = {
      "node_modules/@pulumi/random/package.json": json("@pulumi/random", { resource: true }),
      "node_modules/@acme/pulumi-acme/package.json": json("@acme/pulumi-acme", {
        resource: true,
        name: "acme",
        version: "v2.0.0",
        server: "https://acme.example.com",
      }),
      // Packages without a plugin's name, without a plugin, or within a policy pack are ignored.
      "node_modules/nameless/package.json": json("nameless", { resource: true }),
      "node_modules/plain/package.json": json("plain", {}),
      "node_modules/policy/PulumiPolicy.yaml": "runtime: nodejs\n",
      "node_modules/policy/node_modules/inside/package.json": json("inside", { resource: true, name: "inside" }),
      "node_modules/broken/package.json": "{",
      "package.json": json("the-program", { resource: true, name: "itself" }),
    };
    await withProject({ link: false, files: { ...files, ...packages } }, async (project) => {
      const response = await withHost<GetRequiredPackagesResponse>(project, (host, answer) => {
        const request = new GetRequiredPackagesRequest();
        const info = new ProgramInfo();
        info.setProgramDirectory(project.folder);
        request.setInfo(info);
        host.getRequiredPackages(request, answer);
      });
      const found = response
        .getPackagesList()
        .map((one) => [one.getName(), one.getKind(), one.getVersion(), one.getServer()]);
      expect(found.sort()).toEqual([
        ["acme", "resource", "v2.0.0", "https://acme.example.com"],
        ["random", "resource", "v1.2.3", ""],
      ]);
    });
  });

  test("pulumi install runs the package manager and shows its output", async () => {
    const json = JSON.stringify({ name: "whole", main: "index.js" });
    await withProject({ link: false, files: { ...files, "package.json": json } }, async (project) => {
      const { output } = await project.pulumi(["install"]);
      expect(output).toContain("Installing dependencies...");
      expect(output).toContain("Finished installing dependencies");
      expect((await project.run("ls", [])).stdout).toContain("package-lock.json");
    });
  });
});

type Answer<T> = (error: ServiceError | null, response: T) => void;

/** Starts the language host that the CLI would start, without an engine, and passes a client to the test. */
async function withHost<T>(
  project: Project,
  ask: (host: LanguageRuntimeClient, answer: Answer<T>) => void,
): Promise<T> {
  const cli = (await project.run("sh", ["-c", "command -v pulumi"])).stdout.trim();
  const beside = path.join(path.dirname(cli), "pulumi-language-nodejs");
  const host = spawn(existsSync(beside) ? beside : "pulumi-language-nodejs", [], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(host.stdout, "data")) as [Buffer];
    const client = new LanguageRuntimeClient(`127.0.0.1:${port.toString().trim()}`, credentials.createInsecure());
    return await new Promise((resolve, reject) => {
      ask(client, (error, response) => (error ? reject(error) : resolve(response)));
    });
  } finally {
    host.kill();
  }
}
