import * as path from "node:path";
import * as ts from "typescript";

// What an editor shows on hover: the text and the example of each argument, output, class and function.
const root = path.resolve(__dirname, "../..");
const ENTRIES = ["sdk/index.ts", "sdk/kubernetes/index.ts"].map((file) => path.join(root, file));

const config = ts.readConfigFile(path.join(root, "tsconfig.json"), (file) => ts.sys.readFile(file)).config as object;
const options = { ...ts.parseJsonConfigFileContent(config, ts.sys, root).options, types: [] };
const host = ts.createCompilerHost(options);
// Without the packages that they import: nothing of those is asked for here, and to read them takes six times as long.
host.resolveModuleNameLiterals = (names, from) =>
  names.map(({ text }) =>
    text.startsWith(".") ? ts.resolveModuleName(text, from, options, host) : { resolvedModule: undefined },
  );
const program = ts.createProgram(ENTRIES, options, host);
const checker = program.getTypeChecker();

interface Documented {
  name: string;
  text: string;
  tags: string[];
}

function documented(name: string, symbol: ts.Symbol): Documented {
  const tags = symbol.getJsDocTags(checker);
  // A tag without a text shows nothing.
  const tagsWithText = tags.filter((tag) => ts.displayPartsToString(tag.text).trim() !== "").map((tag) => tag.name);
  return { name, text: ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(), tags: tagsWithText };
}

const ours = (declaration: ts.Declaration | undefined): boolean =>
  declaration?.getSourceFile().fileName.startsWith(path.join(root, "sdk")) ?? false;
const internal = (symbol: ts.Symbol): boolean =>
  symbol.getJsDocTags(checker).some((tag) => tag.name === "internal") || symbol.name.startsWith("__");

/** The exports of the entries, under their exported names. */
const exported = ENTRIES.flatMap((entry) => {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
  return checker.getExportsOfModule(module as ts.Symbol);
}).map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));

/** Arguments and outputs: the properties that our types declare, without those of Pulumi's classes. */
const properties = exported
  .filter((symbol) => symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))
  .flatMap((symbol) =>
    checker
      .getDeclaredTypeOfSymbol(symbol)
      .getProperties()
      .filter((property) => ours(property.declarations?.[0]) && !internal(property))
      .filter((property) => !(property.flags & ts.SymbolFlags.Method))
      .map((property) => documented(`${symbol.name}.${property.name}`, property)),
  );

test("every argument and output has a text and an example", () => {
  expect(properties.length).toBeGreaterThan(150);
  const bare = properties.filter(({ text, tags }) => text === "" || !tags.includes("example"));
  expect(bare.map(({ name, text }) => (text === "" ? `${name}: no text` : `${name}: no example`))).toEqual([]);
});

test("every class, function and type has a text; classes and functions have an example", () => {
  expect(exported.length).toBeGreaterThan(40);
  const faults = exported.flatMap((symbol) => {
    const { name, text, tags } = documented(symbol.name, symbol);
    const runs = symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Function);
    return [
      ...(text === "" ? [`${name}: no text`] : []),
      ...(runs && !tags.includes("example") ? [`${name}: no example`] : []),
    ];
  });
  expect(faults).toEqual([]);
});

test("optional properties have a default in their text, or say what undefined means", () => {
  const optional = exported
    .filter((symbol) => /Args$|Options$/.test(symbol.name) && symbol.flags & ts.SymbolFlags.Interface)
    .flatMap((symbol) =>
      checker
        .getDeclaredTypeOfSymbol(symbol)
        .getProperties()
        .filter((property) => ours(property.declarations?.[0]) && property.flags & ts.SymbolFlags.Optional)
        .map((property) => documented(`${symbol.name}.${property.name}`, property)),
    );
  expect(optional.length).toBeGreaterThan(20);
  expect(optional.filter(({ tags }) => !tags.includes("default")).map(({ name }) => name)).toEqual([]);
});
