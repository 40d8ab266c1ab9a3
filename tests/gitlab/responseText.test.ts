import { responseWords, complaintsOf } from "../../provider/gitlab/http/responseText";

describe("responseWords", () => {
  it.each([
    ['{"message":"404 Project Not Found"}', "404 Project Not Found"],
    ['{"error":"name is missing"}', "name is missing"],
    ['{"message":{"name":["is too long","is bad"],"url":["is missing"]}}', "name is too long, is bad, url is missing"],
    ['{"message":["one","two"]}', "one, two"],
    ['{"error":"invalid_token","error_description":"Token was revoked."}', "invalid_token: Token was revoked."],
    ["Retry later\n", "Retry later"],
    ["<!DOCTYPE html><html><title>502 Bad\n Gateway</title></html>", 'an HTML page titled "502 Bad Gateway"'],
    ["<html><body>x</body></html>", "an HTML page"],
    ["", ""],
  ])("flattens %s", (body, words) => {
    expect(responseWords(body)).toBe(words);
  });

  it("truncates a long text", () => {
    expect(responseWords("x".repeat(5000)).length).toBeLessThan(600);
  });
});

describe("complaintsOf", () => {
  it.each([
    [
      "400 Bad request - An agent can have only two active tokens at a time",
      ["An agent can have only two active tokens at a time"],
    ],
    [`400 Bad request - ["Name can't be blank"]`, ["Name can't be blank"]],
    [
      `400 Bad request - ["Name is too long (maximum is 63 characters)", "Name has already been taken"]`,
      ["Name is too long (maximum is 63 characters)", "Name has already been taken"],
    ],
    [`400 Bad request - ["say \\"x, y\\"", "b"]`, ['say "x, y"', "b"]],
  ])("reads %s", (message, complaints) => {
    expect(complaintsOf(JSON.stringify({ message }))).toEqual(complaints);
  });

  it("reads the forms of Grape and Rails", () => {
    expect(complaintsOf('{"error":"name is missing"}')).toEqual(["name is missing"]);
    expect(complaintsOf('{"message":{"name":["has already been taken"]}}')).toEqual(["name has already been taken"]);
    expect(complaintsOf('{"message":["a","b"]}')).toEqual(["a", "b"]);
    expect(complaintsOf("")).toEqual([]);
  });
});
