import type { AdoptedResource } from "../adoption";
import { goProgram } from "./go";
import { pythonProgram } from "./python";
import { typescriptProgram } from "./typescript";
import { yamlProgram } from "./yaml";

/** How programs of a language are written and run. */
export interface Language {
  /** Whether its programs declare the plugin's types. Those of TypeScript declare dynamic resources. */
  native: boolean;
  /** The usual file of the program. */
  file: string;
  /** The text of a program that declares exactly these resources. */
  program(resources: readonly AdoptedResource[]): string;
  /** What a user does with the written file, in parentheses. */
  use(file: string): string;
}

const moduleOf = (file: string, end: RegExp): string => file.replace(end, "");

/** The languages of `--language`. */
export const LANGUAGES = {
  typescript: {
    native: false,
    file: "agents.ts",
    program: typescriptProgram,
    use: (file) =>
      `add \`import "${moduleOf(file, /\.ts$/).replace(/^(?![./])/, "./")}";\` to your program, or run ${file} as the program`,
  },
  yaml: {
    native: true,
    file: "Main.yaml",
    program: yamlProgram,
    use: (file) =>
      file === "Main.yaml"
        ? "Pulumi runs Main.yaml instead of the resources in Pulumi.yaml"
        : `add the resources of ${file} to your program, or name the file Main.yaml`,
  },
  python: {
    native: true,
    file: "agents.py",
    program: pythonProgram,
    use: (file) =>
      `add \`import ${moduleOf(file, /\.py$/).replaceAll("/", ".")}\` to your __main__.py, or name ${file} __main__.py`,
  },
  go: {
    native: true,
    file: "agents.go",
    program: goProgram,
    use: (file) => `run ${file} as the program, or call its function \`adopted\` in your own`,
  },
} as const satisfies Record<string, Language>;

/** The name of a language. */
export type LanguageName = keyof typeof LANGUAGES;
