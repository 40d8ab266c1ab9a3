import { isNative } from "./door";
import type { EngineStack } from "./engine";
import type { ServedPlugin } from "./plugin";

/** Makes the operations of a stack use the plugin of this process. */
export type Attach = (stack: EngineStack) => Promise<void>;

/**
 * For tests of both doors: with the native plugin's resources, the engine attaches itself to a plugin that this process serves, which
 * spares the start of one for each operation. With the dynamic resources it changes nothing.
 *
 * One process serves all providers of a program and all operations, with the environment of the test. The engine starts the built
 * plugin for tests with several providers, with variables that the plugin reads, with waits for a connection (which the engine's Cancel
 * at the end of an operation ends for good), and for what only a process without a program says.
 */
export function attaching(): Attach {
  let plugin: ServedPlugin | undefined;
  afterAll(() => plugin?.close());
  return async (stack) => {
    if (!isNative()) return;
    // Only these tests load the provider's sources.
    const [{ servePlugin }, { nextRun }] = await Promise.all([import("./plugin"), import("../provider/doors")]);
    plugin ??= await servePlugin();
    Object.assign(stack.env, plugin.env);
    for (const operation of ["up", "preview", "refresh", "destroy"] as const) {
      const run = stack[operation].bind(stack);
      stack[operation] = (options) => {
        nextRun();
        return run(options);
      };
    }
  };
}

/** From now on the engine starts the built plugin for this stack. */
export function detach(stack: EngineStack): void {
  delete stack.env["PULUMI_DEBUG_PROVIDERS"];
}

/** Declares tests of what is the same for both doors, unless the native plugin's resources are declared. */
export function describeOnce(name: string, declare: () => void): void {
  if (!isNative()) describe(name, declare);
}
