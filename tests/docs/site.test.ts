import { serve, type ServerType } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Page } from "puppeteer-core";
import { closeBrowser, watchedPage } from "../support/browser";
import { repository } from "../support/repository";
import { cleanEnvironment, runCommand } from "../support/processes";
import { testWith } from "../support/tools";
import { isOfRegistry, pages, textOf } from "./pages";

// The site that `make docs` builds, built once for all tests here.
let site: string;
let server: ServerType;
let url: string;
beforeAll(async () => {
  site = mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-site-"));
  const args = ["node_modules/typedoc/bin/typedoc", "--out", site];
  const { code, output } = await runCommand(process.execPath, args, { cwd: repository, env: cleanEnvironment() });
  if (code !== 0) throw new Error(output);
  const app = new Hono();
  // The browser compiles the scripts and styles of all pages once.
  app.use("/assets/*", async (context, next) => {
    await next();
    context.header("Cache-Control", "max-age=3600");
  });
  app.use("*", serveStatic({ root: path.relative(process.cwd(), site) }));
  await new Promise<void>(
    (resolve) => (server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve())),
  );
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await closeBrowser();
  server.close();
  rmSync(site, { recursive: true, force: true });
});

const htmlFiles = () =>
  readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html"))
    .sort();
const titleOf = (page: string) => (/^# (.+)$/m.exec(textOf(page))?.[1] ?? "").replaceAll("`", "");

test("it has a page for every class, function and entry", () => {
  const classes = ["ClusterAgent", "AgentToken", "AgentConnection", "ReceptiveUrlConfig", "Provider"];
  const expected = [
    ...classes.map((name) => `classes/sdk.${name}.html`),
    "functions/sdk.getKas.html",
    "classes/sdk_kubernetes.AgentInstallation.html",
    "functions/simulator.startSimulator.html",
  ];
  expect(expected.filter((page) => !existsSync(path.join(site, page)))).toEqual([]);
  // The page of a class has the text and the example of each output.
  expect(readFileSync(path.join(site, "classes/sdk.AgentToken.html"), "utf8")).toContain("agent-token");
});

test("it has every guide, in the reading order, before the reference", () => {
  const { projectDocuments } = JSON.parse(textOf("typedoc.json")) as { projectDocuments: string[] };
  expect([...projectDocuments, "README.md"].sort()).toEqual(pages().filter((page) => !isOfRegistry(page)));
  const order = [
    "concepts",
    "replacement",
    "receptive-agents",
    "helm",
    "languages",
    "import",
    "moving",
    "testing",
    "errors",
    "recovery",
    "comparison",
    "resources",
  ];
  const places = order.map((name) => projectDocuments.indexOf(`docs/${name}.md`));
  expect(places).toEqual([...places].sort((one, other) => one - other));
  // In the order of the site's own list: guides by their titles, then the modules of the reference.
  const titles = projectDocuments.map(titleOf);
  const listed = [
    ...readFileSync(path.join(site, "modules.html"), "utf8").matchAll(/<dt [^>]*>.*?<a [^>]*>(.*?)<\/a>/g),
  ];
  const names = listed.map(([, name = ""]) => name.replace(/<[^>]+>/g, "").replaceAll("&#39;", "'"));
  expect(names).toEqual([...titles, "sdk", "sdk/kubernetes", "simulator"]);
});

test("every link leads to a page of the site, and every anchor to a place on it", () => {
  const texts = new Map(htmlFiles().map((file) => [file, readFileSync(path.join(site, file), "utf8")]));
  const ids = new Map(
    [...texts].map(([file, text]) => [file, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]),
  );
  let checked = 0;
  const broken = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/\s(?:href|src)="([^"]*)"/g)]
      .map(([, target = ""]) => target.replaceAll("&amp;", "&"))
      .filter((target) => !/^(https?|mailto|data):/.test(target))
      .filter((target) => {
        checked++;
        const [place = "", anchor] = target.split("#").map(decodeURIComponent);
        const to = place === "" ? file : path.normalize(path.join(path.dirname(file), place));
        if (!existsSync(path.join(site, to))) return true;
        return anchor !== undefined && anchor !== "" && ids.get(to)?.has(anchor) === false;
      })
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
  expect(checked).toBeGreaterThan(2000);
});

const overflow = (page: Page) =>
  page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth") as Promise<number>;

/** Opens a page, until it is shown: TypeDoc hides it until its navigation is there, and nothing is too wide while it is hidden. */
async function open(page: Page, file: string): Promise<void> {
  await page.goto(`${url}/${encodeURI(file)}`, { waitUntil: "load" });
  await page.waitForFunction("document.body.checkVisibility()", { polling: "mutation" });
}

testWith("Chromium")("every page opens without an error, and fits at 400 and 1280 pixels", async () => {
  const { page, faults } = await watchedPage();
  const problems: string[] = [];
  for (const [at, file] of htmlFiles().entries()) {
    faults.length = 0;
    // Every other page opens at the width of the page before, since each change of the width costs time.
    const widths = at % 2 === 0 ? [400, 1280] : [1280, 400];
    for (const width of widths) {
      await page.setViewport({ width, height: 800 });
      if (width === widths[0]) await open(page, file);
      const excess = await overflow(page);
      if (excess > 0) problems.push(`${file} is ${excess} pixels too wide at ${width}`);
    }
    problems.push(...faults.map((fault) => `${file}: ${fault}`));
  }
  await page.close();
  expect(problems).toEqual([]);
});

testWith("Chromium")("it is light or dark as the reader wants, and its search finds guides and reference", async () => {
  const { page, faults } = await watchedPage();
  await page.setViewport({ width: 1280, height: 800 });
  const background = async (scheme: string) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    return page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;
  };
  for (const [words, found] of [
    ["receptive agents", "Receptive agents"],
    ["ClusterAgent", "ClusterAgent"],
  ] as const) {
    await open(page, "index.html");
    expect(await background("light")).not.toBe(await background("dark"));
    await page.click("#tsd-search-trigger");
    await page.type("#tsd-search-input", words);
    await page.waitForFunction(`document.querySelector("#tsd-search-results").textContent.includes("${found}")`, {
      timeout: 20_000,
    });
  }
  expect(faults).toEqual([]);
});
