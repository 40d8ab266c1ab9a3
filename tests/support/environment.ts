import { TestEnvironment } from "jest-environment-node";
import asyncHooks from "node:async_hooks";
import * as path from "node:path";

type Listener = (...args: unknown[]) => void;
const events = ["unhandledRejection", "uncaughtException"];

/** Every storage that the current test file has created. */
const storages = new Set<asyncHooks.AsyncLocalStorage<unknown>>();

class ListedStorage<T> extends asyncHooks.AsyncLocalStorage<T> {
  constructor() {
    super();
    storages.add(this);
  }
}
// Node.js hands each promise of a process to each storage that was used in it, also to those of earlier test files, which nothing
// reaches any more. A worker runs eighty files.
Object.defineProperty(asyncHooks, "AsyncLocalStorage", { value: ListedStorage, enumerable: true, configurable: true });

const plainStack = (error: Error, frames: NodeJS.CallSite[]) =>
  [String(error), ...frames.map((frame) => `    at ${(frame as { toString(): string }).toString()}`)].join("\n");

/**
 * Jest's Node environment, with events of the real `process` for a test's `process.on("unhandledRejection", …)`. In jest's own
 * environment `process` is a copy without these events, and jest fails the test. The Automation API needs them: a failed inline
 * program leaves rejected outputs, which its language server collects while the program runs.
 */
export default class ListeningEnvironment extends TestEnvironment {
  private readonly heard = new Map<string, Listener>();

  override async setup(): Promise<void> {
    await super.setup();
    // Pulumi's SDK takes the stack of each of its promises, in case one is left at the end. Jest would translate each by source maps,
    // which is a tenth of the processor time of all tests.
    const errors = this.global.Error;
    errors.prepareStackTrace = (error, frames) => {
      if (frames[0]?.getFileName()?.endsWith(path.join("pulumi", "runtime", "debuggable.js"))) return String(error);
      return (Error.prepareStackTrace?.(error, frames) ?? plainStack(error, frames)) as unknown;
    };
    const inner = this.global.process as NodeJS.EventEmitter;
    const set = inner.on.bind(inner);
    const unset = inner.off.bind(inner);
    const jests = new Map<string, Listener[]>();
    const heard = this.heard;

    const on = (name: string, listener: Listener) => {
      set(name, listener);
      if (events.includes(name) && !heard.has(name)) {
        const forward: Listener = (...args) => void inner.emit(name, ...args);
        jests.set(name, process.listeners(name as "exit") as Listener[]);
        process.removeAllListeners(name);
        process.on(name, forward);
        heard.set(name, forward);
      }
      return inner;
    };
    const off = (name: string, listener: Listener) => {
      unset(name, listener);
      const forward = heard.get(name);
      if (forward && inner.listenerCount(name) === 0) {
        heard.delete(name);
        process.off(name, forward);
        for (const theirs of jests.get(name) ?? []) process.on(name, theirs);
      }
      return inner;
    };
    Object.assign(inner, { on, addListener: on, off, removeListener: off });
    // Node.js creates this set once; jest's copy of `process` would create it for each request of axios.
    Object.defineProperty(inner, "allowedNodeEnvironmentFlags", { value: process.allowedNodeEnvironmentFlags });
  }

  // A killed program has not removed its listener, so the next test file gets jest's own again.
  override async teardown(): Promise<void> {
    for (const [name, forward] of this.heard) process.off(name, forward);
    for (const storage of storages) storage.disable();
    storages.clear();
    await super.teardown();
  }
}
