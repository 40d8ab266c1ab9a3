"use strict";

/**
 * A module that `load` brings when it is first used, not when it is required. Pulumi's SDK requires the TypeScript compiler and npm's
 * Arborist at its start, for functions that are serialized into state, which no resource of ours is: two thirds of the processor
 * time of every start of a program or provider. It also requires semver, js-yaml and others of which most processes use none. The SDK
 * itself is the real one, and so is each module once something uses it.
 */
module.exports = function lazyModule(load) {
  let loaded;
  const real = () => (loaded ??= load());
  // A function, so that the stand-in can be called and constructed too.
  const target = function () {};
  const handler = {
    // With this mark, what TypeScript compiled hands the module on as it is, and does not copy its properties.
    get: (_, name) => {
      if (name === "__esModule") return true;
      // What TypeScript compiled reads `default` of `import x from`, which a CommonJS module has not.
      return name === "default" && !real().__esModule ? real() : Reflect.get(real(), name);
    },
    has: (_, name) => name === "__esModule" || Reflect.has(real(), name),
    set: (_, name, value) => Reflect.set(real(), name, value),
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    construct: (_, args) => Reflect.construct(real(), args),
  };
  return new Proxy(target, handler);
};
