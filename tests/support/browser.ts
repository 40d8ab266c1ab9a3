import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, type Browser, type Page } from "puppeteer-core";
import { toolPath } from "./tools";

/** The Chromium of this test file, once it is needed. */
let opened: Promise<{ browser: Browser; files: string }> | undefined;

async function start(): Promise<{ browser: Browser; files: string }> {
  const files = mkdtempSync(join(tmpdir(), "pulumi-gitlab-agent-chromium-"));
  const browser = await launch({
    executablePath: toolPath("Chromium"),
    userDataDir: files,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    protocolTimeout: 120_000,
  });
  return { browser, files };
}

/** Closes the file's Chromium, if there is one, and removes all of its files. */
export async function closeBrowser(): Promise<void> {
  if (opened === undefined) return;
  const { browser, files } = await opened;
  await browser.close();
  rmSync(files, { recursive: true, force: true });
}

/**
 * A new page in a headless Chromium, with the errors on its console and its failed requests. The tests of a file share one Chromium,
 * with its storage, since each start takes a second; its `afterAll` calls {@link closeBrowser}.
 *
 * @example const { page, faults } = await watchedPage();
 */
export async function watchedPage(): Promise<{ page: Page; faults: string[] }> {
  const { browser } = await (opened ??= start());
  const faults: string[] = [];
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${String(error)}`));
  page.on("requestfailed", (request) => faults.push(`failed: ${request.url()}`));
  return { page, faults };
}
