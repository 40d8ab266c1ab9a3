import type { Page } from "puppeteer-core";

import { type Simulator, startSimulator } from "../../simulator";
import { closeBrowser, watchedPage } from "../support/browser";
import { testWith } from "../support/tools";
import { send } from "./requests";

const AGENTS = "/projects/101/cluster_agents";
let gitlab: Simulator;
beforeAll(async () => {
  gitlab = await startSimulator({ basePath: "/gitlab" });
});
beforeEach(() => gitlab.reset());
afterAll(async () => {
  await closeBrowser();
  await gitlab.close();
});

/** Opens the page, passes it to `use`, and expects no errors on its console. */
async function open(use: (page: Page) => Promise<void>): Promise<void> {
  const { page, faults } = await watchedPage();
  try {
    await page.goto(`${gitlab.url}/`);
    await use(page);
    expect(faults).toEqual([]);
  } finally {
    await page.close();
  }
}

/** Waits until a section shows the text. */
const waitForText = (page: Page, section: string, text: string) =>
  page.waitForFunction(
    `document.querySelector("#${section}")?.innerText.replace(/\\\\s+/g, " ").includes(${JSON.stringify(text)})`,
    { timeout: 20_000 },
  );
const text = (page: Page, selector: string) =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`) as Promise<string>;
/** The cells in these columns, for each row of a section's table. */
const cells = (page: Page, section: string, ...places: number[]) =>
  page.evaluate(`[...document.querySelectorAll("#${section} tbody tr")].map((row) =>
    ${JSON.stringify(places)}.map((at) => row.children[at].textContent.trim()).join(" "))`) as Promise<string[]>;
/** The requests that the page shows, each as `method status`. */
const shown = (page: Page) => cells(page, "requests", 2, 5);
const press = async (page: Page, selector: string) => {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
};

testWith("Chromium")("it is refreshed live, and sends GitLab nothing", async () => {
  gitlab.state.createAgent(101, "before");
  await open(async (page) => {
    await waitForText(page, "agents", "Agents (1)");
    gitlab.state.createAgent(101, "afterwards");
    await waitForText(page, "agents", "Agents (2)");
    expect(await text(page, "#live")).toBe("live");
    expect(gitlab.requests).toEqual([]);
  });
});

testWith("Chromium")("requests are filtered by method, path and status", async () => {
  await send(gitlab, "POST", AGENTS, { body: { name: "a" } });
  await send(gitlab, "POST", `${AGENTS}/1/tokens`, { body: { name: "t" } });
  await send(gitlab, "GET", AGENTS);
  await send(gitlab, "GET", `${AGENTS}/77`);
  gitlab.faults.add({ kind: "dropBefore" });
  await send(gitlab, "DELETE", `${AGENTS}/77`).catch(() => undefined);
  await open(async (page) => {
    expect(await shown(page)).toEqual(["DELETE no answer", "GET 404", "GET 200", "POST 201", "POST 201"]);
    const filtered = (wanted: string[]) =>
      page.waitForFunction(
        `JSON.stringify([...document.querySelectorAll("#requests tbody tr")].map((row) => row.children[2].innerText + " " + row.children[5].innerText)) === '${JSON.stringify(wanted)}'`,
        { timeout: 20_000 },
      );
    await page.select("#filter [name=method]", "POST");
    await filtered(["POST 201", "POST 201"]);
    await page.type("#filter [name=path]", "Tokens");
    await filtered(["POST 201"]);
    await page.select("#filter [name=method]", "all");
    await page.$eval("#filter [name=path]", (input) => void ((input as { value?: string }).value = ""));
    await page.type("#filter [name=status]", "4xx");
    await filtered(["GET 404"]);
    // The address holds the filter, so a reload keeps it.
    await page.reload();
    expect(await shown(page)).toEqual(["GET 404"]);
    await page.$eval("#filter [name=status]", (input) => void ((input as { value?: string }).value = ""));
    await page.type("#filter [name=status]", "none");
    await filtered(["DELETE no answer"]);
  });
});

testWith("Chromium")("a request that is opened shows its body and its response, without secrets", async () => {
  await send(gitlab, "POST", AGENTS, { body: { name: "a" } });
  const token = await send(gitlab, "POST", `${AGENTS}/1/tokens`, { body: { name: "first", description: "<i>of</i>" } });
  const key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
  await send(gitlab, "POST", `${AGENTS}/1/url_configurations`, {
    body: { url: "grpcs://a.example.com", client_key: key, client_cert: "no certificate" },
  });
  await open(async (page) => {
    await press(page, "#requests tbody tr:nth-child(2) a");
    expect(await text(page, "#request h2")).toContain("Request 2");
    expect(JSON.parse(await text(page, "#request-body"))).toEqual({ name: "first", description: "<i>of</i>" });
    const response = JSON.parse(await text(page, "#request-response")) as Record<string, unknown>;
    expect(response).toMatchObject({ id: 1, name: "first", token: "[secret]" });
    await press(page, "#requests tbody tr:nth-child(1) a");
    expect(await text(page, "#request-body")).toContain('"client_key": "[secret]"');
    const whole = await page.content();
    for (const secret of [token.body.token as string, "MIIE", ...Object.values(gitlab.tokens)]) {
      expect(whole).not.toContain(secret);
    }
    await press(page, "#request h2 a");
    expect(await page.$("#request")).toBeNull();
  });
});

testWith("Chromium")("faults are added by a form, and removed one by one", async () => {
  await open(async (page) => {
    await page.click("#add-fault summary");
    await page.select("#add-fault [name=kind]", "status");
    await page.select("#add-fault [name=method]", "POST");
    await page.type("#add-fault [name=path]", "/projects/**");
    await page.type("#add-fault [name=times]", "always");
    await page.type("#add-fault [name=status]", "500");
    await press(page, "#add-fault button");
    const rule = { kind: "status", method: "POST", path: "/projects/**", times: Infinity, status: 500 };
    expect(gitlab.faults.list().map((each) => each.rule)).toEqual([rule]);
    expect((await send(gitlab, "POST", AGENTS, { body: { name: "a" } })).status).toBe(500);

    const other = gitlab.faults.add({ kind: "refuse" });
    await waitForText(page, "faults", "refuse");
    await press(page, "#faults tbody tr:nth-child(1) button");
    expect(gitlab.faults.list()).toEqual([other]);
    expect(new URL(page.url()).pathname).toBe("/gitlab/");
  });
});

testWith("Chromium")("an agent is marked as connected by a button", async () => {
  const agent = gitlab.state.createAgent(101, "edge");
  gitlab.state.createAgent(101, "without-token");
  const [old, current] = ["old", "current"].map((name) => gitlab.state.createToken(agent.id, name));
  await open(async (page) => {
    expect(await cells(page, "agents", 6)).toEqual(["mark as connected", "no token"]);
    await press(page, "#agents button");
    const used = (id = 0) => gitlab.state.tokens.find((token) => token.id === id)?.lastUsedAt;
    expect([used(old?.id), used(current?.id)]).toEqual([null, expect.any(Number)]);
    await waitForText(page, "active-tokens", "(2)");
  });
});

test("forms of other sites are refused, and an invalid rule is reported", async () => {
  const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${gitlab.url}/_simulator/page/faults`, { method: "POST", body: new URLSearchParams(fields), headers });
  expect((await post({ kind: "refuse" }, { Origin: "https://evil.example.com" })).status).toBe(403);
  expect((await post({ kind: "refuse" }, { Origin: "null" })).status).toBe(403);
  const wrong = await post({ kind: "status", status: "999" });
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("status")]);
  expect(gitlab.faults.list()).toEqual([]);
});
