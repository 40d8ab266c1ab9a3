import { Redaction } from "../../provider/gitlab/redaction";

const SECRET = 's3cret/va+lue=with "quotes"';

describe("Redaction", () => {
  const redaction = new Redaction();
  redaction.add(SECRET);

  it.each([
    ["as given", SECRET],
    ["URL-encoded", encodeURIComponent(SECRET)],
    [
      "URL-encoded in lower case",
      encodeURIComponent(SECRET)
        .toLowerCase()
        .replace(/%([0-9a-f]{2})/g, "%$1"),
    ],
    ["in base64", Buffer.from(SECRET).toString("base64")],
    ["in base64url", Buffer.from(SECRET).toString("base64url")],
    ["JSON-escaped", JSON.stringify(SECRET).slice(1, -1)],
  ])("removes a value %s", (_, form) => {
    expect(redaction.apply(`before ${form} after`)).toBe("before [secret] after");
  });

  it("removes every occurrence, and the longer of two that overlap", () => {
    const both = new Redaction();
    both.add("abcdef");
    both.add("abcdefghij");
    expect(both.apply("abcdefghij abcdef abcdefghij")).toBe("[secret] [secret] [secret]");
  });

  it("removes a key line by line", () => {
    const pem = new Redaction();
    const lines = ["MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg", "hRANCAAQnDb1YzqVxJ8oHqm7vNpb1K2dW"];
    const key = `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
    pem.add(key);
    expect(pem.apply(`bad line ${lines[1]}`)).toBe("bad line [secret]");
    expect(pem.apply(JSON.stringify({ key }))).toBe('{"key":"[secret]"}');
    expect(pem.apply(Buffer.from(key).toString("base64"))).toBe("[secret]");
    expect(pem.apply("-----BEGIN PRIVATE KEY-----")).toBe("-----BEGIN PRIVATE KEY-----");
  });

  it("removes a header's credential, and keeps its scheme", () => {
    const headers = new Redaction();
    headers.addHeader(`Basic ${Buffer.from("alice:correct-horse").toString("base64")}`);
    headers.addHeader("Bearer token-of-a-gateway");
    expect(headers.apply("alice:correct-horse, correct-horse, token-of-a-gateway")).toBe(
      "[secret], [secret], [secret]",
    );
  });

  it("leaves texts without secrets unchanged, and does not look for very short values", () => {
    const short = new Redaction();
    short.add("true");
    short.add(undefined);
    expect(short.apply("true, undefined")).toBe("true, undefined");
    expect(redaction.apply("nothing to see")).toBe("nothing to see");
  });

  it("does not get slower with more known values: 2000 tokens take about four times as long as 500", () => {
    /** Registers tokens as they are created, each followed by a few lines of debug output; returns milliseconds. */
    const run = (count: number): number => {
      const one = new Redaction();
      const from = process.cpuUsage();
      let shown = 0;
      for (let at = 0; at < count; at++) {
        const token = `glagent-${String(at).padStart(6, "0")}${"x".repeat(44)}`;
        one.add(token);
        for (let line = 0; line < 4; line++) {
          const text = `POST /api/v4/projects/group%2Fapp/cluster_agents/${at}/tokens 201 ${token} (try 1, request id 01J9)`;
          if (one.apply(text).includes(token)) shown++;
        }
      }
      const { user, system } = process.cpuUsage(from);
      expect(shown).toBe(0);
      return (user + system) / 1000;
    };
    run(500);
    const [few, many] = [Math.min(run(500), run(500)), Math.min(run(2000), run(2000))];
    expect(many / few).toBeLessThan(8);
    expect(many).toBeLessThan(5000);
  });
});
