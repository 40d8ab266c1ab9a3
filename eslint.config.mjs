import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";
import { ZONES } from "./eslint.rooms.mjs";

/**
 * The direction of imports (docs/architecture.md): examples -> sdk -> provider/gitlab, provider -> provider/gitlab, and
 * simulator -> nothing of ours, so that one mistake cannot hide in both the client and what it is tested against.
 * A pattern is matched against the text of the import, so every way up and down the tree is named.
 */
function forbid(files, patterns) {
  return { files, rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] } };
}

const own = "(?:\\.\\.?/)+(?:[^'\"]*/)?";
const pulumi = { group: ["@pulumi/*", "@pulumi/*/**"], message: "provider/gitlab never imports Pulumi." };
const into = (folder, message) => ({ regex: `^${own}${folder}(?:/|$)`, message });
const byName = { regex: "^pulumi-gitlab-agent(?:/|$)", message: "Inside the package, import by relative path." };

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "site/", "sdks/", "examples/*/sdks/", "**/node_modules/", "scripts/pulumi-cli/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // async is part of the contract of a lifecycle method or a test, awaited inside or not.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      "max-lines": ["error", { max: 250 }],
    },
  },
  {
    files: ["tests/**/*.ts", "examples/**/*.ts", "scripts/**", "simulator/cli.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["tests/**/*.ts"],
    rules: {
      // A table of cases is long by nature; JSON read back from the wire or from state has no type.
      "max-lines": ["error", { max: 500 }],
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        ["process", "console", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "fetch", "Buffer", "URL"]
          .concat(["AbortSignal", "require", "module", "__dirname", "__filename"])
          .map((name) => [name, "readonly"]),
      ),
    },
    rules: { "max-lines": ["error", { max: 250 }] },
  },
  {
    files: ["{provider,sdk,cli,simulator}/**/*.ts"],
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: "./tsconfig.json" })],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/extensions": [".ts"],
    },
    rules: { "import-x/no-cycle": ["error", { ignoreExternal: true }] },
  },
  {
    files: ["provider/**/*.ts"],
    rules: { "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones: ZONES }] },
  },
  forbid(
    ["provider/gitlab/**/*.ts"],
    [
      pulumi,
      byName,
      into("(?:sdk|simulator|cli|tests|examples)", "provider/gitlab imports nothing of ours outside itself."),
    ],
  ),
  forbid(
    ["provider/*.ts", "provider/!(gitlab)/**/*.ts"],
    [
      byName,
      into("(?:sdk|simulator|cli|tests|examples)", "provider imports provider/gitlab, nothing else of ours."),
      { regex: "^axios", message: "HTTP lives in provider/gitlab." },
    ],
  ),
  forbid(
    ["sdk/**/*.ts"],
    [
      byName,
      into("(?:simulator|cli|tests|examples)", "sdk imports provider and provider/gitlab, nothing else of ours."),
      { regex: "^axios", message: "HTTP lives in provider/gitlab." },
    ],
  ),
  forbid(
    ["simulator/**/*.ts"],
    [pulumi, byName, into("(?:sdk|provider|cli|tests|examples)", "simulator imports nothing of ours.")],
  ),
  forbid(["cli/**/*.ts"], [byName, into("(?:tests|examples|dist)", "The command line is made of the package itself.")]),
  forbid(
    ["examples/**/*.ts"],
    [into("(?:sdk|provider|simulator|cli|tests|dist)", "Examples import the package by name, as users do.")],
  ),
);
