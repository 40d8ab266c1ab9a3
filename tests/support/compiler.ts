import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { linkDependencies } from "./dependencies";
import { cleanEnvironment, runCommand } from "./processes";
import { repository } from "./repository";

/** An error of the compiler. */
export interface CompilerError {
  /** The file, relative to the folder of the programs. */
  file: string;
  line: number;
  code: number;
  message: string;
}

/** Programs and how they are compiled. */
export interface Compilation {
  /** TypeScript 5.9, or TypeScript 7, which is written in Go and takes a fraction of the time. Default: 7. */
  compiler?: "typescript" | "typescript-7";
  /** The options of tsconfig.json, besides those that all programs share. */
  options: object;
  /** Programs by file name, whose ending is the kind of module. */
  programs: Record<string, string>;
}

/**
 * Compiles programs like a user's project, in a folder with the package and the repository's dependencies in node_modules. Returns
 * the compiler's errors.
 */
export async function compile({ compiler = "typescript-7", options, programs }: Compilation): Promise<CompilerError[]> {
  // The compiler names files by their real path.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "pulumi-gitlab-agent-types-")));
  try {
    linkDependencies(path.join(folder, "node_modules"));
    for (const [name, text] of Object.entries(programs)) writeFileSync(path.join(folder, name), text);
    const compilerOptions = { target: "es2022", strict: true, noEmit: true, types: ["node"], ...options };
    const settings = { compilerOptions, files: Object.keys(programs) };
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(settings));
    const binary = path.join(repository, "node_modules", compiler, "bin/tsc");
    const result = await runCommand(process.execPath, [binary, "-p", ".", "--pretty", "false"], {
      cwd: folder,
      env: cleanEnvironment(),
    });
    const errors = errorsIn(result.output);
    if ((result.code === 0) !== (errors.length === 0)) throw new Error(`${compiler} failed:\n${result.output}`);
    return errors;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads the compiler's lines; those that explain an error further are indented. */
function errorsIn(output: string): CompilerError[] {
  const errors: CompilerError[] = [];
  for (const line of output.split("\n").filter((each) => each.trim() !== "")) {
    const [, file = "", at, code, message = line] = /^(?:(.+)\((\d+),\d+\): )?error TS(\d+): (.*)$/.exec(line) ?? [];
    const last = errors.at(-1);
    if (code === undefined && last !== undefined) last.message += ` ${line.trim()}`;
    else errors.push({ file, line: Number(at), code: Number(code), message });
  }
  return errors;
}
