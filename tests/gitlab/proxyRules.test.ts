import { proxyFor } from "../../provider/gitlab/settings/proxy";
import { Connection } from "../../provider/gitlab/http/connection";
import { Redaction } from "../../provider/gitlab/redaction";
import { withCode } from "../../provider/gitlab";
import { expectEntry } from "../support/catalogue";
import { settings } from "./client";

const GITLAB = "https://gitlab.example.com";
const PROXY = "http://proxy.example.com:3128";

describe("the proxy that the environment names", () => {
  it.each<[string, NodeJS.ProcessEnv, string, string | undefined]>([
    ["none", {}, GITLAB, undefined],
    ["HTTPS_PROXY for https", { HTTPS_PROXY: PROXY }, GITLAB, PROXY],
    ["https_proxy for https", { https_proxy: PROXY }, GITLAB, PROXY],
    ["HTTP_PROXY for http", { HTTP_PROXY: PROXY }, "http://gitlab.example.com", PROXY],
    ["http_proxy for http", { http_proxy: PROXY }, "http://gitlab.example.com", PROXY],
    ["not HTTP_PROXY for https", { HTTP_PROXY: PROXY, http_proxy: PROXY }, GITLAB, undefined],
    ["not HTTPS_PROXY for http", { HTTPS_PROXY: PROXY, https_proxy: PROXY }, "http://gitlab.example.com", undefined],
    ["lower case before upper case", { https_proxy: PROXY, HTTPS_PROXY: "http://other:1" }, GITLAB, PROXY],
    ["upper case where lower case is empty", { https_proxy: "", HTTPS_PROXY: PROXY }, GITLAB, PROXY],
    ["none where all are empty", { https_proxy: "", HTTPS_PROXY: " ", ALL_PROXY: "" }, GITLAB, undefined],
    ["ALL_PROXY where there is no other", { ALL_PROXY: PROXY }, GITLAB, PROXY],
    ["all_proxy where there is no other", { all_proxy: PROXY }, "http://gitlab.example.com", PROXY],
    ["its own before ALL_PROXY", { all_proxy: "http://other:1", HTTPS_PROXY: PROXY }, GITLAB, PROXY],
    ["not npm's own", { npm_config_https_proxy: PROXY, npm_config_proxy: PROXY }, GITLAB, undefined],
    ["not HTTP_PROXY under CGI", { HTTP_PROXY: PROXY, REQUEST_METHOD: "GET" }, "http://gitlab.example.com", undefined],
    ["http_proxy under CGI", { http_proxy: PROXY, REQUEST_METHOD: "GET" }, "http://gitlab.example.com", PROXY],
    ["HTTPS_PROXY under CGI", { HTTPS_PROXY: PROXY, REQUEST_METHOD: "GET" }, GITLAB, PROXY],
    ["http where there is no scheme", { HTTPS_PROXY: "proxy.example.com:3128" }, GITLAB, PROXY],
    ["http where there is no scheme, by address", { HTTPS_PROXY: "10.0.0.1:3128" }, GITLAB, "http://10.0.0.1:3128"],
    ["http where there is no scheme, IPv6", { HTTPS_PROXY: "[fd00::1]:3128" }, GITLAB, "http://[fd00::1]:3128"],
    ["http where there is no scheme, in short", { HTTPS_PROXY: "proxy" }, GITLAB, "http://proxy"],
    ["http where there is no scheme, with credentials", { HTTPS_PROXY: "a:b@proxy:3128" }, GITLAB, "http://proxy:3128"],
    ["https by its scheme", { HTTPS_PROXY: "https://proxy:3129" }, GITLAB, "https://proxy:3129"],
    ["one in upper case", { HTTPS_PROXY: "HTTP://PROXY:3128/" }, GITLAB, "http://proxy:3128"],
  ])("%s", (_, env, baseUrl, address) => {
    expect(proxyFor(baseUrl, env)?.address).toBe(address);
  });
});

describe("hosts that NO_PROXY exempts", () => {
  const exempt = (noProxy: string, target: string): boolean => {
    const all = { HTTPS_PROXY: PROXY, HTTP_PROXY: PROXY };
    const direct = [{ NO_PROXY: noProxy }, { no_proxy: noProxy }].map((env) => proxyFor(target, { ...all, ...env }));
    expect(direct[0] === undefined).toBe(direct[1] === undefined);
    return direct[0] === undefined;
  };

  it.each([
    ["*", "https://gitlab.example.com"],
    ["other.test, *", "https://gitlab.example.com"],
    ["gitlab.example.com", "https://gitlab.example.com"],
    ["example.com", "https://gitlab.example.com"],
    ["example.com", "https://example.com"],
    ["corp.example.com", "https://a.b.corp.example.com"],
    [".example.com", "https://gitlab.example.com"],
    [".example.com", "https://example.com"],
    ["*.example.com", "https://gitlab.example.com"],
    ["EXAMPLE.com", "https://GitLab.Example.COM"],
    ["example.com.", "https://gitlab.example.com"],
    ["example.com", "https://gitlab.example.com."],
    ["one.test,example.com,two.test", "https://gitlab.example.com"],
    ["one.test example.com two.test", "https://gitlab.example.com"],
    [" one.test , example.com ", "https://gitlab.example.com"],
    ["svc", "http://gitlab.ns.svc"],
    ["localhost", "http://localhost:8080"],
    ["gitlab.example.com:443", "https://gitlab.example.com"],
    ["example.com:8443", "https://gitlab.example.com:8443"],
    [".example.com:8443", "https://gitlab.example.com:8443"],
    ["gitlab.example.com:80", "http://gitlab.example.com"],
    ["10.0.0.7", "http://10.0.0.7"],
    ["10.0.0.7:8080", "http://10.0.0.7:8080"],
    ["10.0.0.0/8", "http://10.200.3.4"],
    ["10.1.2.3/8", "http://10.200.3.4"],
    ["192.168.4.0/22", "https://192.168.7.255"],
    ["10.0.0.7/32", "http://10.0.0.7"],
    ["0.0.0.0/0", "http://10.0.0.7"],
    ["::1", "http://[::1]:8080"],
    ["[::1]", "http://[::1]:8080"],
    ["[::1]:8080", "http://[::1]:8080"],
    ["fd00:0:0:0::7", "http://[fd00::7]"],
    ["FD00::7", "http://[fd00::7]"],
    ["fd00::/8", "http://[fd12:3456::7]"],
    ["[fd00::]/8", "http://[fd12:3456::7]"],
    ["10.0.0.7", "http://[::ffff:10.0.0.7]"],
  ])("%s: %s", (noProxy, target) => {
    expect(exempt(noProxy, target)).toBe(true);
  });

  it.each([
    ["", "https://gitlab.example.com"],
    [",", "https://gitlab.example.com"],
    [".", "https://gitlab.example.com"],
    ["gitlab.example.com", "https://example.com"],
    ["example.com", "https://notexample.com"],
    ["example.com", "https://example.com.evil.test"],
    ["*.example.com", "https://example.com"],
    ["ample.com", "https://gitlab.example.com"],
    ["gitlab", "https://gitlab.example.com"],
    ["gitlab.example.com:8443", "https://gitlab.example.com"],
    ["gitlab.example.com:443", "http://gitlab.example.com"],
    ["10.0.0.7:8080", "http://10.0.0.7"],
    ["10.0.0.0/8", "http://11.0.0.1"],
    ["10.0.0.0/8", "http://10.example.com"],
    ["10.0.0.0/33", "http://10.0.0.7"],
    ["10.0.0.0/x", "http://10.0.0.7"],
    ["10.0.0.0/", "http://10.0.0.7"],
    ["10.0.0", "http://10.0.0.7"],
    ["0.0.7", "http://10.0.0.7"],
    ["192.168.4.0/22", "http://192.168.8.0"],
    ["[::1]:8080", "http://[::1]"],
    ["[::2]", "http://[::1]"],
    ["fd00::/8", "http://[fe00::1]"],
    ["fd00::/129", "http://[fd00::1]"],
    ["fd00::/8", "http://10.0.0.7"],
  ])("not %s: %s", (noProxy, target) => {
    expect(exempt(noProxy, target)).toBe(false);
  });

  it("come from the variables in lower case first, then from those in upper case", () => {
    expect(proxyFor(GITLAB, { HTTPS_PROXY: PROXY, no_proxy: "other.test", NO_PROXY: "*" })?.address).toBe(PROXY);
    expect(proxyFor(GITLAB, { HTTPS_PROXY: PROXY, no_proxy: "", NO_PROXY: "*" })).toBeUndefined();
  });

  it("are not read for a proxy that cannot be used", () => {
    expect(proxyFor(GITLAB, { HTTPS_PROXY: "socks5://proxy:1", NO_PROXY: "example.com" })).toBeUndefined();
  });
});

describe("a proxy's credentials", () => {
  it.each([
    ["platform:p%40ss%25", { user: "platform", password: "p@ss%" }],
    ["platform:p%C3%A4ss", { user: "platform", password: "päss" }],
    ["platform", { user: "platform", password: "" }],
    ["platform:a:b", { user: "platform", password: "a:b" }],
  ])("are decoded: %s", (text, credentials) => {
    expect(proxyFor(GITLAB, { HTTPS_PROXY: `http://${text}@proxy:3128` })).toEqual({
      address: "http://proxy:3128",
      variable: "HTTPS_PROXY",
      credentials,
    });
  });

  it.each([
    ["a percent sign", "100%-canary", /percent sign in its user or password.*%25 for a percent sign/],
    ["a percent sign at the end", "canary%", /percent sign in its user or password/],
    ["escapes that are not UTF-8", "canary%ff", /not UTF-8/],
    ["a slash", "12/canary", /ends it too early.*%2F/],
    ["a number sign", "12#canary", /ends it too early.*%23/],
    ["a question mark", "12?canary", /ends it too early/],
  ])("that hold %s get a readable error that does not show them", (_, password, words) => {
    const open = (): unknown => proxyFor(GITLAB, { https_proxy: `http://canary-user:${password}@proxy:3128` });
    expect(open).toThrow(words);
    expect(open).toThrow(/The proxy of the environment \(https_proxy\)/);
    expect(open).not.toThrow(/canary/);
  });

  it("have an entry in docs/errors.md if they are not URL-encoded", () => {
    const open = (): unknown => proxyFor(GITLAB, { HTTPS_PROXY: "http://canary-user:100%-canary@proxy:3128" });
    const [told] = [open].map((each) => {
      try {
        return String(each());
      } catch (error) {
        return withCode((error as Error).message);
      }
    });
    expectEntry("The proxy's user or password is not URL-encoded", told ?? "");
  });

  it("are in no output of the connection", () => {
    const kept = process.env.HTTPS_PROXY;
    process.env.HTTPS_PROXY = "http://platform:p%40ss-canary@proxy:3128";
    try {
      const redaction = new Redaction();
      const { proxy } = new Connection(settings({ baseUrl: GITLAB, token: "glpat-nobody" }), redaction);
      expect(proxy?.address).toBe("http://proxy:3128");
      expect(redaction.apply("p@ss-canary p%40ss-canary platform")).toBe("[secret] [secret] [secret]");
    } finally {
      if (kept === undefined) delete process.env.HTTPS_PROXY;
      else process.env.HTTPS_PROXY = kept;
    }
  });
});
