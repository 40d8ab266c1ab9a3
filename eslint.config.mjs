import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";
import { ZONES } from "./eslint.rooms.mjs";

/**
 * ESLint checks only what oxlint lacks, the direction of imports; .oxlintrc.json has all other rules, which oxlint checks in a tenth of
 * the time. The direction (docs/architecture.md): examples -> sdk -> provider/gitlab, provider -> provider/gitlab, and
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
  {
    files: ["{provider,sdk,cli,simulator,examples}/**/*.ts"],
    languageOptions: { parser: tseslint.parser },
    // oxlint reports comments that turn off nothing, and knows all rules.
    linterOptions: { reportUnusedDisableDirectives: "off" },
    plugins: { "@typescript-eslint": tseslint.plugin },
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
