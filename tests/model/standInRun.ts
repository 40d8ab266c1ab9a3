import type { UpOptions } from "./engine";
import type { ProviderProcess } from "./providerProcess";
import { inClear } from "./wire";

/** Starts a process of the provider, whose lines go to `say`. */
export type StartProcess = (say: (line: string) => void) => ProviderProcess;

/** The process was killed. */
export class Killed extends Error {}

/** The run ended at an error. */
export class Ended extends Error {}

/** One run of the stand-in, with a process of its own. */
export class Run {
  readonly process: ProviderProcess;
  readonly errors: { name: string; text: string }[] = [];
  readonly changed: string[] = [];
  readonly failed = new Set<string>();
  readonly creating: string[] = [];
  text = "";
  /** What results show without being marked as secret. */
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

  /** A call that changes something in GitLab, after which the process may be killed. */
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
