import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cache, moveIntoPlace, repository, withLock } from "./cache.mjs";
import { compiled, goEnvironment, provideHelm } from "./helm.mjs";
import { run, tail } from "./run.mjs";
import { say, SetupError } from "./say.mjs";

const kubernetes = "v1.34.2";
/** The only version of the provider's module that the Go registry serves, and the hash of its content. */
const provider = {
  module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
  version: "v4.0.0-20260115033456-f47bc2d6f199",
  sum: "h1:j2bphCf7c2YhnBrhwht2f3TNRRgcMImltUlAgzxr9H4=",
  serves: "4.24.0",
};

/**
 * Provides what `make test-cluster` runs: etcd, kube-apiserver, kube-controller-manager, Helm and Pulumi's Kubernetes provider.
 * Each is downloaded if the network allows it, otherwise built from the Go registry, one after another, and kept in the cache.
 *
 * @returns {Promise<{ etcd: string, apiserver: string, controllerManager: string, helm: string, plugins: string }>}
 */
export async function provideCluster() {
  const helm = await provideHelm();
  if (helm.missing) throw new SetupError(helm.missing);
  const etcd = await provided("etcd-3", "etcd", [unpackEtcd]);
  const servers = await provided(`kubernetes-${kubernetes}`, "kube-apiserver", [downloadKubernetes, buildKubernetes]);
  const plugins = await provided("pulumi-kubernetes-4", "pulumi-resource-kubernetes", [
    downloadProvider,
    buildProvider,
  ]);
  return {
    etcd: path.join(etcd, "etcd"),
    apiserver: path.join(servers, "kube-apiserver"),
    controllerManager: path.join(servers, "kube-controller-manager"),
    helm: helm.path,
    plugins,
  };
}

/** Tries one method after another to fill a folder of the cache. Each method returns undefined, or one line that says why it failed. */
async function provided(name, holds, attempts) {
  const place = path.join(cache, name);
  const there = () => existsSync(path.join(place, holds));
  if (there()) return place;
  return withLock(name, async () => {
    const tried = [];
    for (const attempt of there() ? [] : attempts) {
      const staged = `${place}.new-${process.pid}`;
      mkdirSync(staged, { recursive: true });
      try {
        const failure = await attempt(staged);
        if (failure === undefined) {
          moveIntoPlace(staged, place);
          break;
        }
        say(`${holds}: ${failure}`);
        tried.push(failure);
      } finally {
        rmSync(staged, { recursive: true, force: true });
      }
    }
    if (!there())
      throw new SetupError(`${holds} could not be had. Tried:\n${tried.map((why) => `  - ${why}`).join("\n")}`);
    return place;
  });
}

async function unpackEtcd(staged) {
  const onPath = await run("sh", ["-c", "command -v etcd"], { limit: 10 });
  if (onPath.code === 0) {
    cpSync(onPath.stdout.trim(), path.join(staged, "etcd"));
    return undefined;
  }
  const download = await run("apt-get", ["download", "etcd-server"], {
    what: "downloading Debian's etcd-server",
    limit: 120,
    cwd: staged,
  });
  const [archive] = readdirSync(staged).filter((file) => file.endsWith(".deb"));
  if (download.code !== 0 || archive === undefined) {
    return `there is no \`etcd\` on PATH, and \`apt-get download etcd-server\` failed: ${oneLine(download.output)}`;
  }
  const unpacked = await run("dpkg-deb", ["-x", archive, "deb"], { limit: 60, cwd: staged });
  if (unpacked.code !== 0) return `dpkg-deb could not unpack ${archive}: ${oneLine(unpacked.output)}`;
  cpSync(path.join(staged, "deb/usr/bin/etcd"), path.join(staged, "etcd"));
  rmSync(path.join(staged, "deb"), { recursive: true });
  rmSync(path.join(staged, archive));
  return undefined;
}

async function downloadKubernetes(staged) {
  const off = downloadsOff() ?? (await outOfReach("https://dl.k8s.io"));
  if (off) return off;
  for (const name of ["kube-apiserver", "kube-controller-manager"]) {
    const arch = process.arch === "arm64" ? "arm64" : "amd64";
    const url = `https://dl.k8s.io/${kubernetes}/bin/linux/${arch}/${name}`;
    const got = await run("curl", ["-fsSL", "--max-time", "600", "-o", path.join(staged, name), url], {
      what: `downloading ${name} ${kubernetes}`,
      limit: 620,
    });
    if (got.code !== 0) return `download of ${url}: ${oneLine(got.output)}`;
    chmodSync(path.join(staged, name), 0o755);
  }
  return undefined;
}

async function buildKubernetes(staged) {
  const source = path.join(staged, "source");
  cpSync(path.join(repository, "scripts/cluster"), source, { recursive: true });
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetes);
  const stamp = "-X k8s.io/component-base/version";
  const flags = `-s -w ${stamp}.gitVersion=${kubernetes} ${stamp}.gitMajor=${major} ${stamp}.gitMinor=${minor}`;
  for (const name of ["kube-apiserver", "kube-controller-manager"]) {
    const args = ["build", "-v", "-ldflags", flags, "-o", path.join(staged, name), `k8s.io/kubernetes/cmd/${name}`];
    const failure = await goBuild(args, source, `building ${name} ${kubernetes} (one to six minutes, once)`);
    if (failure) return failure;
  }
  rmSync(source, { recursive: true });
  return undefined;
}

async function downloadProvider(staged) {
  const off = downloadsOff() ?? (await outOfReach("https://get.pulumi.com"));
  if (off) return off;
  const { version } = JSON.parse(
    readFileSync(path.join(repository, "node_modules/@pulumi/kubernetes/package.json"), "utf8"),
  );
  const home = path.join(staged, "home");
  const got = await run("pulumi", ["plugin", "install", "resource", "kubernetes", version], {
    what: `downloading Pulumi's Kubernetes provider ${version}`,
    limit: 620,
    env: { ...process.env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  if (got.code !== 0) return `pulumi plugin install resource kubernetes ${version}: ${oneLine(got.output)}`;
  const file = "pulumi-resource-kubernetes";
  cpSync(
    path.join(home, "plugins", `resource-kubernetes-v${version.replace(/^v/, "")}`, file),
    path.join(staged, file),
  );
  rmSync(home, { recursive: true });
  return undefined;
}

async function buildProvider(staged) {
  const { module, version, sum, serves } = provider;
  const fetched = await run("go", ["mod", "download", "-json", `${module}@${version}`], {
    what: `fetching ${module}`,
    limit: 300,
    cwd: staged,
    env: goEnvironment(),
  });
  if (fetched.code !== 0) return `go mod download ${module}@${version}: ${oneLine(fetched.output)}`;
  const fetchedModule = JSON.parse(fetched.stdout);
  if (fetchedModule.Sum !== sum)
    return `${module}@${version} has the hash ${fetchedModule.Sum}, and not ${sum} as expected`;
  const source = path.join(staged, "source");
  const main = path.join(source, "cmd/pulumi-resource-kubernetes");
  cpSync(fetchedModule.Dir, source, { recursive: true });
  await run("chmod", ["-R", "u+w", source], { limit: 60 });
  // Its go.mod replaces the SDK by a neighbouring folder, which the module's zip does not contain.
  const edit = ["mod", "edit", "-dropreplace", "github.com/pulumi/pulumi-kubernetes/sdk/v4"];
  const edited = await run("go", edit, { limit: 60, cwd: source, env: goEnvironment() });
  if (edited.code !== 0) return `go ${edit.join(" ")}: ${oneLine(edited.output)}`;
  // Its components (Chart v4, ConfigFile, ConfigGroup, Directory) are left out: they need Pulumi's whole SDK for Kubernetes, which
  // takes most of the build, and no installation uses one. Its resources, including the Release, are unchanged.
  const components = path.join(source, "pkg/provider/provider_construct.go");
  const lines = readFileSync(components, "utf8").split("\n");
  writeFileSync(components, lines.filter((line) => !/provider(helmv4|kustomizev2|yamlv2)/.test(line)).join("\n"));
  // The file that its `go generate` writes.
  const json = (file) => JSON.parse(readFileSync(path.join(main, file), "utf8"));
  writeFileSync(path.join(main, "schema-embed.json"), JSON.stringify({ ...json("schema.json"), version: serves }));
  writeFileSync(path.join(main, "terraform-mapping-embed.json"), JSON.stringify(json("terraform-mapping.json")));
  const flags = `-s -w -X ${module}/pkg/version.Version=${serves}`;
  const args = ["build", "-v", "-mod=mod", "-ldflags", flags, "-o", path.join(staged, "pulumi-resource-kubernetes")];
  const failure = await goBuild(
    [...args, "./cmd/pulumi-resource-kubernetes"],
    source,
    "building Pulumi's Kubernetes provider (some minutes, once)",
  );
  if (failure) return failure;
  rmSync(source, { recursive: true });
  return undefined;
}

async function goBuild(args, cwd, what) {
  const go = await run("go", ["version"], { limit: 30 });
  if (go.code !== 0) return "build from Go modules: there is no `go` on PATH (https://go.dev/dl/)";
  const { code, output, timedOut } = await run("go", args, {
    what,
    limit: 5400,
    cwd,
    env: goEnvironment(),
    progress: compiled,
  });
  if (code === 0) return undefined;
  return `${what.replace(/ \(.*/, "")} ${timedOut ? "took more than 90 minutes" : `failed: ${oneLine(output)}`}`;
}

function downloadsOff() {
  return process.env.PULUMI_GITLAB_AGENT_DOWNLOAD === "off"
    ? "download: switched off by PULUMI_GITLAB_AGENT_DOWNLOAD"
    : undefined;
}

async function outOfReach(site) {
  try {
    await fetch(site, { method: "HEAD", redirect: "follow", signal: AbortSignal.timeout(8000) });
    return undefined;
  } catch (error) {
    return `download: ${site} cannot be reached (${error.cause?.message ?? error.message})`;
  }
}

const oneLine = (output) => tail(output, 3).replace(/\s+/g, " ");
