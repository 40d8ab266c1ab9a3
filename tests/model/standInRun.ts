import type { UpOptions } from "./engine";
import type { ProviderProcess } from "./providerProcess";
import { inClear } from "./wire";

/** Starts a process of the provider; `say` gets its lines. */
export type StartProcess = (say: (line: string) => void) => ProviderProcess;

/** Thrown when the process is killed. */
export class Killed extends Error {}

/** Thrown when the run ends with an error. */
export class Ended extends Error {}

/** One run of the stand-in, in a new process. */
export class Run {
  readonly process: ProviderProcess;
  readonly errors: { name: string; text: string }[] = [];
  readonly changed: string[] = [];
  readonly failed = new Set<string>();
  readonly creating: string[] = [];
  text = "";
  /** Results without the values that are marked as secret. */
  clear = "";
  dry = false;
  #writes = 0;

  constructor(
    start: StartProcess,
    readonly options: UpOptions,
  ) {
    this.process = start((line) => this.say(line));
  }

  say(line: string): void {
    this.text += `${line}\n`;
  }

  fail(name: string, text: string): never {
    this.errors.push({ name, text });
    this.say(`error: ${name}: ${text}`);
    throw new Ended(text);
  }

  async call<T>(name: string, act: () => Promise<T>): Promise<T> {
    try {
      const result = await act();
      this.clear += inClear(result ?? null);
      return result;
    } catch (error) {
      return this.fail(name, (error as Error).message);
    }
  }

  /** Calls the provider to change something in GitLab; the process may be killed afterwards. */
  async write<T>(name: string, act: () => Promise<T>, creates?: "creates"): Promise<T> {
    const result = await this.call(name, act);
    if (++this.#writes !== this.options.killAt) return result;
    if (creates) this.creating.push(name);
    throw new Killed();
  }

  assertWhole(): void {
    if (this.failed.size > 0) throw new Ended("something failed");
  }
}
