import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, type Browser, type Page } from "puppeteer-core";
import { toolPath } from "./tools";

/**
 * Opens a headless Chromium and hands it to `use`; it is closed and all of its files are removed afterwards.
 *
 * @example await withBrowser(async (browser) => { const page = await watchedPage(browser); … });
 */
export async function withBrowser<T>(use: (browser: Browser) => Promise<T>): Promise<T> {
  const userDataDir = mkdtempSync(join(tmpdir(), "pulumi-gitlab-agent-chromium-"));
  const browser = await launch({
    executablePath: toolPath("Chromium"),
    userDataDir,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    protocolTimeout: 120_000,
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
    rmSync(userDataDir, { recursive: true, force: true });
  }
}

/** A page with the errors on its console and its failed requests. */
export async function watchedPage(browser: Browser): Promise<{ page: Page; faults: string[] }> {
  const faults: string[] = [];
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${String(error)}`));
  page.on("requestfailed", (request) => faults.push(`failed: ${request.url()}`));
  return { page, faults };
}
